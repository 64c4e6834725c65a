"""Packed features in Redis: written beside Feast's rows, read by one MGET.

Clients are handed in and must give bytes (no `decode_responses`).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import Any

import pyarrow as pa
from redis import Redis
from redis.asyncio import Redis as AsyncRedis

from features.store.packed import Found, Layout, Wanted, found, pack

N_AT_ONCE = 2_000


@dataclass(frozen=True)
class PackedFeatures:
    """Reads and writes packed features."""

    redis: Redis

    def read(self, wanted: Wanted) -> Found:
        """Return the features of products and a user, in one round trip."""
        return found(wanted, self.values(wanted.keys))

    def values(self, keys: Sequence[str]) -> list[bytes | None]:
        """Return the values of keys, in one round trip."""
        values: Any = self.redis.mget(keys) if keys else []
        return list(values)

    def write_all(self, shape: Layout, table: pa.Table) -> int:
        """Write every row of a view's newest day; forget the entities it has none of.

        Returns
        -------
        int
            How many keys were forgotten: of entities that are gone, or of an older layout.
        """
        written: set[str] = set()
        for some in _chunks(pack(shape, table)):
            self.redis.mset(dict(some))
            written.update(key for key, _ in some)
        return self._forget(shape.prefix, written)

    def write_lists(self, lists: Iterable[tuple[str, bytes]], lasting: timedelta) -> None:
        """Write packed lists; they go when nobody has written them again for so long."""
        for some in _chunks(lists):
            with self.redis.pipeline(transaction=False) as pipeline:
                for key, value in some:
                    pipeline.set(key, value, ex=lasting)
                pipeline.execute()

    def _forget(self, prefix: str, written: set[str]) -> int:
        keys = (key.decode() for key in self.redis.scan_iter(f"{prefix}*", count=N_AT_ONCE))
        n_forgotten = 0
        for some in _chunks(key for key in keys if key not in written):
            unlinked: Any = self.redis.unlink(*some)
            n_forgotten += int(unlinked)
        return n_forgotten


@dataclass(frozen=True)
class AsyncPackedFeatures:
    """Reads packed features without holding up an event loop."""

    redis: AsyncRedis

    async def read(self, wanted: Wanted) -> Found:
        """Return the features of products and a user, in one round trip."""
        keys = wanted.keys
        return found(wanted, await self.redis.mget(keys) if keys else [])


def _chunks(items: Iterable[Any]) -> Iterator[list[Any]]:
    items = iter(items)
    while some := list(islice(items, N_AT_ONCE)):
        yield some
