"""Taking events into the stream, whole batches or nothing."""

import datetime as dt
import math
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass

import orjson

from serving.events.schemas import Accepted, Event
from serving.events.stream import EventStream
from web.problems import InvalidRequestProblem
from web.rates import RateLimit, TooManyRequestsProblem
from web.service import THIS_MACHINE

CLOCK_SKEW = dt.timedelta(minutes=5)
"""A client's clock may be this far ahead; what then seems to come from the future happened now."""


@dataclass(frozen=True)
class EventService:
    """Takes what clients tell.

    Parameters
    ----------
    rate
        How many events one address may bring; who asks from a proxy of ours (`trusted`) speaks for many.
    takes_purchases
        Whether a client's word for a purchase is taken: a shop whose orders are in `order_lines` would
        count each twice.
    """

    stream: EventStream
    rate: RateLimit
    now: Callable[[], dt.datetime]
    new_event_id: Callable[[], str]
    takes_purchases: bool = False
    trusted: Container[str] = THIS_MACHINE

    async def accept(self, address: str, events: Sequence[Event]) -> Accepted:
        """Append the events that are not known yet, in order, all at once.

        Raises
        ------
        TooManyRequestsProblem
            If the address brings more than one may; none is taken then, as of all that is raised.
        InvalidRequestProblem
            If an event is of the future, or a purchase where none is taken.
        EventsWaitingProblem
            If the stream is full.
        """
        self._refuse_too_many(address, len(events))
        now = self.now()
        self._refuse_wrong(events, now)
        event_ids = [event.event_id or self.new_event_id() for event in events]
        rows = [row(*pair, now) for pair in zip(events, event_ids, strict=True)]
        n_taken = await self.stream.append(event_ids, rows)
        n_events = len(events)
        return Accepted(n_accepted=n_events, n_repeated=n_events - n_taken, event_ids=event_ids)

    def _refuse_too_many(self, address: str, n_events: int) -> None:
        seconds = 0.0 if address in self.trusted else self.rate.wait_seconds(address, n_events)
        if seconds > 0:
            raise TooManyRequestsProblem(
                "You send more events than one address may. Keep them and wait as long as Retry-After says.",
                {"Retry-After": str(math.ceil(seconds))},
            )

    def _refuse_wrong(self, events: Sequence[Event], now: dt.datetime) -> None:
        latest = now + CLOCK_SKEW
        errors = [
            {"field": f"body.events.{number}.{field}", "detail": detail}
            for number, event in enumerate(events)
            for field, detail in self._wrong(event, latest)
        ]
        if errors:
            fields = ", ".join(error["field"] for error in errors)
            raise InvalidRequestProblem(
                f"None was taken. Correct these and send all again: {fields}.", errors=errors
            )

    def _wrong(self, event: Event, latest: dt.datetime) -> Iterator[tuple[str, str]]:
        if event.occurred_at > latest:
            server = (latest - CLOCK_SKEW).isoformat()
            yield "occurred_at", f"after the server's time, {server}: set the client's clock"
        if event.kind == "purchase" and not self.takes_purchases:
            yield "kind", "the shop's orders tell of purchases: leave it out"


def row(event: Event, event_id: str, now: dt.datetime) -> bytes:
    """Return the event as the log's JSON, without `date`; `now` is when the platform knew of it."""
    happened_at = min(event.occurred_at, now).astimezone(dt.UTC)
    told = {**event.__dict__, "event_id": event_id, "occurred_at": happened_at, "recorded_at": now}
    return orjson.dumps(told, option=orjson.OPT_UTC_Z)
