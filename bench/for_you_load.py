"""Shoppers' pages: a process that asks for lists over HTTP and says how long each took.

python -m bench.for_you_load < PLAN.json > RESULT.json
"""

import asyncio
import itertools
import json
import random
import sys
import time
from dataclasses import asdict, dataclass, field

import uvloop

from bench.http_connection import Connection

OK = 200


@dataclass(frozen=True)
class Plan:
    """What to do. `rate_per_second` None: each client asks as soon as it is answered."""

    host: str
    port: int
    paths: list[str]
    n_clients: int
    seconds: float
    warm_up_seconds: float
    seed: int
    rate_per_second: float | None = None


@dataclass
class Result:
    """What came: answers by status, the seconds of each that is none of a refusal, and how long was counted."""

    n_by_status: dict[int, int] = field(default_factory=dict)
    seconds_each: list[float] = field(default_factory=list)
    n_not_sent: int = 0
    seconds: float = 0.0


class Shopper:
    """A connection; each has an address of its own, as shoppers behind a gateway have."""

    def __init__(self, plan: Plan, n: int, result: Result) -> None:
        self.plan, self.n, self.result = plan, n, result
        self.random = random.Random(plan.seed * 1_000_003 + n)  # noqa: S311 - a load, not a secret
        self.connection = Connection()

    async def connect(self) -> None:
        """Open the connection."""
        loop = asyncio.get_running_loop()
        host, port = self.plan.host, self.plan.port
        _, self.connection = await loop.create_connection(Connection, host, port)

    async def ask(self, came_at: float, *, counts: bool) -> None:
        """Ask for one list; `came_at` is when it was wanted."""
        address = f"10.{self.random.randrange(256)}.{self.random.randrange(256)}.9"
        request = (
            f"GET {self.random.choice(self.plan.paths)} HTTP/1.1\r\nHost: shop\r\n"
            f"X-Forwarded-For: {address}\r\n\r\n"
        )
        status, _, _ = await self.connection.ask(request.encode())
        if counts:
            self.result.n_by_status[status] = self.result.n_by_status.get(status, 0) + 1
            if status == OK:
                self.result.seconds_each.append(time.perf_counter() - came_at)


async def shoppers(plan: Plan, result: Result) -> list[Shopper]:
    """Return all shoppers, connected."""
    made = [Shopper(plan, n, result) for n in range(plan.n_clients)]
    await asyncio.gather(*(shopper.connect() for shopper in made))
    return made


async def closed_loop(plan: Plan, result: Result) -> None:
    """Every client asks, one list after the other."""
    counts_from = time.perf_counter() + plan.warm_up_seconds
    ends_at = counts_from + plan.seconds

    async def lists(shopper: Shopper) -> None:
        while (now := time.perf_counter()) < ends_at:
            await shopper.ask(now, counts=now >= counts_from)

    await asyncio.gather(*(lists(shopper) for shopper in await shoppers(plan, result)))


async def open_loop(plan: Plan, result: Result, rate_per_second: float) -> None:
    """Ask at given times, whether earlier ones are answered or not, while a client is free."""
    free = await shoppers(plan, result)
    started = time.perf_counter()
    counts_from = started + plan.warm_up_seconds
    tasks: set[asyncio.Task[None]] = set()

    async def one(shopper: Shopper, came_at: float) -> None:
        await shopper.ask(came_at, counts=came_at >= counts_from)
        free.append(shopper)

    for n in itertools.count():
        at = started + n / rate_per_second
        if at >= counts_from + plan.seconds:
            break
        if (wait := at - time.perf_counter()) > 0:
            await asyncio.sleep(wait)
        if not free:
            result.n_not_sent += at >= counts_from
            continue
        task = asyncio.create_task(one(free.pop(), at))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    await asyncio.gather(*tasks)


async def run(plan: Plan) -> Result:
    """Carry out a plan."""
    result = Result(seconds=plan.seconds)
    if plan.rate_per_second is None:
        await closed_loop(plan, result)
    else:
        await open_loop(plan, result, plan.rate_per_second)
    return result


def main() -> None:
    """Read the plan, run it, write the result."""
    plan = Plan(**json.load(sys.stdin))
    json.dump(asdict(uvloop.run(run(plan))), sys.stdout)


if __name__ == "__main__":
    main()
