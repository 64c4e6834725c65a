"""Who waits for something to happen to one key is woken when the stream tells of it."""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Iterator

from redis.asyncio import Redis
from redis.exceptions import RedisError

from transactional.outbox.stream import STREAM

BLOCK_MILLISECONDS = 2000
PAUSE_SECONDS = 1.0
N_AT_ONCE = 500


class Follower:
    """Follows the stream's end, one connection for a whole process.

    It only wakes: what happened is read from the database by who was woken. While Redis is away nobody
    is woken, so whoever waits looks by themselves from time to time.
    """

    def __init__(self, redis: Redis) -> None:
        """Take a client whose socket timeout is above `BLOCK_MILLISECONDS`, or none."""
        self._redis = redis
        self._waiting: dict[str, set[asyncio.Event]] = defaultdict(set)

    async def follow(self) -> None:
        """Wake who waits, until cancelled; begins again at the end after Redis was away."""
        while True:
            with contextlib.suppress(RedisError):
                await self._follow()
            await asyncio.sleep(PAUSE_SECONDS)

    @contextlib.contextmanager
    def told_of(self, key: str) -> Iterator[asyncio.Event]:
        """Give an event that is set whenever something happened to `key`."""
        woken = asyncio.Event()
        self._waiting[key].add(woken)
        try:
            yield woken
        finally:
            self._waiting[key].discard(woken)
            if not self._waiting[key]:
                del self._waiting[key]

    @property
    def n_waiting(self) -> int:
        """How many wait."""
        return sum(len(each) for each in self._waiting.values())

    async def _follow(self) -> None:
        last = "$"
        while True:
            found = await self._redis.xread(
                {STREAM: last}, count=N_AT_ONCE, block=BLOCK_MILLISECONDS
            )
            for _, entries in found:
                for entry_id, fields in entries:
                    last = entry_id
                    for woken in self._waiting.get(fields["key"], ()):
                        woken.set()
