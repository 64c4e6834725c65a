"""Taking events into the stream, whole batches or nothing."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from redis.asyncio import Redis

from features.schemas.logs import ClickstreamEvent
from serving.events.entries import CLICKSTREAM as STREAM
from serving.events.entries import FIELD
from serving.events.schemas import Event
from web.problems import InvalidRequestProblem

CLOCK_SKEW = dt.timedelta(minutes=5)
"""A client's clock may be this far ahead; what then seems to come from the future happened now."""


@dataclass(frozen=True)
class EventService:
    """Writes to the Redis stream that `jobs.ingest` reads."""

    redis: Redis
    now: Callable[[], dt.datetime]
    new_event_id: Callable[[], str]

    async def accept(self, events: list[Event]) -> list[str]:
        """Append the events in order, all at once, and return their ids.

        Raises
        ------
        InvalidRequestProblem
            If an event is of the future; none is taken then.
        """
        now = self.now()
        _refuse_future(events, now)
        rows = [self._row(event, now) for event in events]
        async with self.redis.pipeline(transaction=True) as pipeline:
            for row in rows:
                pipeline.xadd(STREAM, {FIELD: row.model_dump_json(exclude={"date"})})
            await pipeline.execute()
        return [row.event_id for row in rows]

    def _row(self, event: Event, now: dt.datetime) -> ClickstreamEvent:
        told = event.model_dump(exclude={"event_id", "occurred_at"})
        return ClickstreamEvent(
            event_id=event.event_id or self.new_event_id(),
            occurred_at=min(event.occurred_at.astimezone(dt.UTC), now),
            recorded_at=now,
            date=now.date(),
            **told,
        )


def _refuse_future(events: list[Event], now: dt.datetime) -> None:
    errors = [
        {
            "field": f"body.events.{number}.occurred_at",
            "detail": f"after the server's time, {now.isoformat()}: set the client's clock",
        }
        for number, event in enumerate(events)
        if event.occurred_at > now + CLOCK_SKEW
    ]
    if errors:
        fields = ", ".join(error["field"] for error in errors)
        raise InvalidRequestProblem(
            f"None was taken. Correct these and send all again: {fields}.", errors=errors
        )
