"""What Redis has answered, and what a kill of it leaves.

With `appendfsync everysec` an answer may leave before the command is written to the append-only file:
while the kernel is busy with the last second's, Redis keeps what came meanwhile (`aof_buffer_length`
of INFO) for two seconds at most. Killed then, it has forgotten what it had answered for. Once written,
only a machine that stops takes it away. A Redis without such a file keeps nothing anyway: nobody waits.
"""

import asyncio
import time
from dataclasses import dataclass

from redis import Redis
from redis.asyncio import Redis as AsyncRedis

PAUSE_SECONDS = 0.0005


@dataclass
class Goal:
    """How long the file has to be so that what was answered before the first look is in it."""

    n_bytes: int | None = None

    def is_reached(self, n_written: int, n_waiting: int) -> bool:
        """Tell so of a later look: bytes written, and bytes that wait to be."""
        if self.n_bytes is None:
            self.n_bytes = n_written + n_waiting
        # A file that was written anew is shorter, but then nothing waits for long.
        return n_waiting == 0 or n_written >= self.n_bytes


def until_written(redis: Redis) -> None:
    """Return once all that Redis has answered so far is written."""
    goal = Goal()
    while not goal.is_reached(*_sizes(redis.info("persistence"))):
        time.sleep(PAUSE_SECONDS)


async def when_written(redis: AsyncRedis) -> None:
    """Return once all that Redis has answered so far is written."""
    goal = Goal()
    while not goal.is_reached(*_sizes(await redis.info("persistence"))):
        await asyncio.sleep(PAUSE_SECONDS)


def _sizes(told: dict[str, int]) -> tuple[int, int]:
    return told.get("aof_current_size", 0), told.get("aof_buffer_length", 0)
