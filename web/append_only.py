"""What Redis has answered, and what a kill of it leaves.

With `appendfsync everysec` an answer may leave before the command is written to the append-only file:
while the kernel is busy with the last second's, Redis keeps what came meanwhile (`aof_buffer_length`
of INFO) for two seconds at most. Killed then, it has forgotten what it had answered for. Once written,
only a machine that stops takes it away. A Redis without such a file keeps nothing anyway: nobody waits.

So who wants to rely on answers asks before them which process it is, and afterwards whether this one,
and no later one, has written them.
"""

import asyncio
import time
from dataclasses import dataclass

from redis import Redis
from redis.asyncio import Redis as AsyncRedis
from redis.exceptions import ConnectionError as RedisConnectionError

PAUSE_SECONDS = 0.0005
# Three values alone: to take all of INFO apart costs the client more than the rest.
LOOK = """
local told = redis.call('INFO', 'server') .. redis.call('INFO', 'persistence')
local function of(name, what) return string.match(told, name .. ':(' .. what .. '+)') or '0' end
return {of('run_id', '%x'), of('aof_current_size', '%d'), of('aof_buffer_length', '%d')}
"""


class RedisStartedAnewError(RedisConnectionError):
    """Another process answers now: what the earlier one answered may be forgotten."""


@dataclass
class Goal:
    """Is reached when the process `run` has written all that it answered before the first look."""

    run: str
    n_bytes: int | None = None

    def is_reached(self, run: str, n_written: int, n_waiting: int) -> bool:
        """Tell so of a look: which process answered, bytes written, and bytes that wait to be.

        Raises
        ------
        RedisStartedAnewError
            If another process answered.
        """
        if run != self.run:
            raise RedisStartedAnewError("Redis was started anew")
        if self.n_bytes is None:
            self.n_bytes = n_written + n_waiting
        # A file that was written anew is shorter, but then nothing waits for long.
        return n_waiting == 0 or n_written >= self.n_bytes


class Written:
    """Waits until answers are written."""

    def __init__(self, redis: Redis) -> None:
        self._look = redis.register_script(LOOK)

    def run(self) -> str:
        """Return which process answers now."""
        return self._sizes()[0]

    def wait(self, run: str) -> None:
        """Return once the process `run` has written what it has answered so far."""
        goal = Goal(run)
        while not goal.is_reached(*self._sizes()):
            time.sleep(PAUSE_SECONDS)

    def _sizes(self) -> tuple[str, int, int]:
        return _parts(self._look())


class WrittenForMany:
    """The same for many who wait at once. Which process it is, is known from the last look."""

    def __init__(self, redis: AsyncRedis) -> None:
        self._look = redis.register_script(LOOK)
        self._run = ""

    async def run(self) -> str:
        """Return which process answered last."""
        return self._run or (await self._sizes())[0]

    async def wait(self, run: str) -> None:
        """Return once the process `run` has written what it has answered so far."""
        goal = Goal(run)
        while not goal.is_reached(*await self._sizes()):
            await asyncio.sleep(PAUSE_SECONDS)

    async def _sizes(self) -> tuple[str, int, int]:
        sizes = _parts(await self._look())
        self._run = sizes[0]
        return sizes


def _parts(told: list[bytes | str]) -> tuple[str, int, int]:
    run, n_written, n_waiting = (
        each.decode() if isinstance(each, bytes) else each for each in told
    )
    return run, int(n_written), int(n_waiting)
