"""Browsers that send batches of events, from a process of its own.

python -m bench.events_load < PLAN.json > RESULT.json
"""

import asyncio
import itertools
import json
import random
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field

import uvloop

from bench.http_connection import Connection

PATIENCE_SECONDS = 5.0
RETRY_SECONDS = 0.1
ACCEPTED = 202
N_PRODUCTS, N_CUSTOMERS, N_KINDS = 5_000, 20_000, 499


@dataclass(frozen=True)
class Plan:
    """What to send: so many batches a second, or, with a rate of 0, one after the other.

    With `insists` a batch is sent, with the same ids, until it is accepted, as the page's script does.
    """

    port: int
    rate_per_second: float
    seconds: float
    n_connections: int = 8
    n_events: int = 50
    insists: bool = False
    seed: int = 7


@dataclass
class Result:
    """Answers: their statuses (0: none) and seconds; which events were accepted, if `insists`."""

    seconds: list[float] = field(default_factory=list)
    status: list[int] = field(default_factory=list)
    accepted: list[str] = field(default_factory=list)
    took_seconds: float = 0.0


def event_lines(plan: Plan) -> Iterator[tuple[list[str], bytes]]:
    """Return batches without end: the events' ids, and the request."""
    rng = random.Random(plan.seed)  # noqa: S311 - a load, not a secret
    kinds = [_rest_of_event(rng) for _ in range(N_KINDS)]
    for number in itertools.count():
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        ids = [f"{plan.seed}-{number}-{n}-0123456789abcdef" for n in range(plan.n_events)]
        events = [
            f'{{"event_id":"{each}","occurred_at":"{now}",{kinds[(number + n) % N_KINDS]}'
            for n, each in enumerate(ids)
        ]
        body = f'{{"events":[{",".join(events)}]}}'
        head = f"POST /api/v1/events HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        yield ids, (head + body).encode()


def _rest_of_event(rng: random.Random) -> str:
    """Return what a page tells, after id and time: impressions mostly."""
    kind = "impression" if rng.random() < 0.8 else rng.choice(("click", "view", "cart"))
    customer = rng.randrange(1, N_CUSTOMERS) if rng.random() < 0.5 else "null"
    return (
        f'"session_id":"s{rng.randrange(9999)}-0123456789abcdef",'
        f'"visitor_id":"v{rng.randrange(9999)}-0123456789abcdef","customer_id":{customer},"kind":"{kind}",'
        f'"product_id":{rng.randrange(1, N_PRODUCTS)},"surface":"for_you","slot":"home","position":{rng.randrange(1, 20)},'
        f'"answer_id":"0190a1b2-c3d4-7e5f-8a9b-{rng.randrange(10**12):012}","price_shown_cents":{rng.randrange(99, 99999)}}}'
    )


class Senders:
    """Connections, each with one batch under way at a time."""

    def __init__(self, plan: Plan) -> None:
        self.plan, self.result = plan, Result()
        self._batches = event_lines(plan)
        self._n_begun = 0

    async def run(self) -> Result:
        """Send until the time is over, and wait for the last answers."""
        started = time.perf_counter()
        await asyncio.gather(*(self._send(started) for _ in range(self.plan.n_connections)))
        self.result.took_seconds = time.perf_counter() - started
        return self.result

    async def _send(self, started: float) -> None:
        connection: Connection | None = None
        while (due := self._due(started)) is not None:
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            ids, request = next(self._batches)
            connection = await self._one(connection, ids, request, due)

    def _due(self, started: float) -> float | None:
        """Return when the next batch is to be sent; None if the time is over."""
        rate, number = self.plan.rate_per_second, self._n_begun
        self._n_begun += 1
        now = time.perf_counter()
        due = started + number / rate if rate else now
        return due if due < started + self.plan.seconds else None

    async def _one(
        self, connection: Connection | None, ids: list[str], request: bytes, due: float
    ) -> Connection | None:
        while True:
            connection, status = await self._ask(connection, request)
            self.result.status.append(status)
            self.result.seconds.append(time.perf_counter() - due)
            if status == ACCEPTED and self.plan.insists:
                self.result.accepted += ids
            if status == ACCEPTED or not self.plan.insists:
                return connection
            await asyncio.sleep(RETRY_SECONDS)

    async def _ask(
        self, connection: Connection | None, request: bytes
    ) -> tuple[Connection | None, int]:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                if connection is None or connection.is_closed:
                    loop = asyncio.get_running_loop()
                    connection = (
                        await loop.create_connection(Connection, "127.0.0.1", self.plan.port)
                    )[1]
                status, _, _ = await connection.ask(request)
        except (OSError, TimeoutError):
            return None, 0
        return connection, status


def main() -> None:
    """Read the plan, run it, write the result."""
    plan = Plan(**json.load(sys.stdin))
    json.dump(asdict(uvloop.run(Senders(plan).run())), sys.stdout)


if __name__ == "__main__":
    main()
