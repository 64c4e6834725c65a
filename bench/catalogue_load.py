"""Readers at a steady rate, who ask whether earlier ones were answered or not.

python -m bench.catalogue_load < PLAN.json > RESULT.json
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

PATIENCE_SECONDS = 5.0


@dataclass(frozen=True)
class Plan:
    """What to ask: paths at random, so many a second."""

    host: str
    port: int
    paths: list[str]
    rate_per_second: float
    seconds: float
    seed: int = 7


@dataclass
class Result:
    """Answers: when each was wanted, in seconds after `began_at`; its status (0: none); its seconds.

    `began_at` is of the system's monotonic clock, which all its processes share.
    """

    began_at: float = 0.0
    wanted_at: list[float] = field(default_factory=list)
    status: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)


class Readers:
    """Connections, as many as are needed at once."""

    def __init__(self, plan: Plan) -> None:
        self.plan, self.result = plan, Result(began_at=time.monotonic())
        self._random = random.Random(plan.seed)  # noqa: S311 - a load, not a secret
        self._free: list[Connection] = []

    async def run(self) -> Result:
        """Ask until the time is over, and wait for the last answers."""
        started = time.perf_counter()
        tasks: set[asyncio.Task[None]] = set()
        for n in itertools.count():
            at = n / self.plan.rate_per_second
            if at >= self.plan.seconds:
                break
            if (wait := started + at - time.perf_counter()) > 0:
                await asyncio.sleep(wait)
            task = asyncio.create_task(self._one(started, at))
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        await asyncio.gather(*tasks)
        return self.result

    async def _one(self, started: float, at: float) -> None:
        request = f"GET {self._random.choice(self.plan.paths)} HTTP/1.1\r\nHost: shop\r\n\r\n"
        status = 0
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                connection = self._free.pop() if self._free else await self._connected()
                status, _, _ = await connection.ask(request.encode())
            self._free.append(connection)
        except (OSError, TimeoutError):
            pass
        self.result.wanted_at.append(at)
        self.result.status.append(status)
        self.result.seconds.append(time.perf_counter() - started - at)

    async def _connected(self) -> Connection:
        loop = asyncio.get_running_loop()
        _, made = await loop.create_connection(Connection, self.plan.host, self.plan.port)
        return made


def main() -> None:
    """Read the plan, run it, write the result."""
    plan = Plan(**json.load(sys.stdin))
    json.dump(asdict(uvloop.run(Readers(plan).run())), sys.stdout)


if __name__ == "__main__":
    main()
