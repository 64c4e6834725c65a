"""Packed features in Redis: written beside Feast's rows, read by one MGET.

Clients are handed in and must give bytes (no `decode_responses`).
"""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice
from typing import Any

import pyarrow as pa
from redis import Redis
from redis.asyncio import ConnectionPool

from features.store.packed import PRODUCT, Found, Layout, Wanted, found, pack

N_AT_ONCE = 2_000
N_KEPT = 500_000


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
        n_forgotten = self._forget(shape.prefix, written)
        self.redis.incr(_count_key(shape))
        return n_forgotten

    def n_written(self, shape: Layout) -> int:
        """Return how often all rows of a view were written: another number, other rows."""
        count: Any = self.redis.get(_count_key(shape))
        return int(count or 0)

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


def _count_key(shape: Layout) -> str:
    return f"written:{shape.view}"


class Connections:
    """Connections to Redis for many small reads at once, each used by one request at a time.

    A client's own pool, retries and measurements cost several times what a read does; a read that
    fails is not repeated here, for the chains go on without it.
    """

    def __init__(self, redis_url: str, seconds: float) -> None:
        self._pool = ConnectionPool.from_url(redis_url, socket_connect_timeout=seconds)
        self._idle: list[Any] = []
        self._seconds = seconds

    async def mget(self, keys: Sequence[bytes]) -> list[bytes | None]:
        """Return the values of keys, each a bulk string of Redis' protocol already (`bulk`).

        Raises
        ------
        RedisError, OSError, TimeoutError
            If Redis can't be reached or doesn't answer in time.
        """
        command = b"*%d\r\n$4\r\nMGET\r\n" % (len(keys) + 1) + b"".join(keys)
        connection: Any = self._idle.pop() if self._idle else self._pool.make_connection()  # type: ignore[no-untyped-call]
        try:
            async with asyncio.timeout(self._seconds):
                await connection.send_packed_command([command])
                values: list[bytes | None] = await connection.read_response()
        except BaseException:
            await connection.disconnect(nowait=True)  # what is still to come is nobody's answer
            raise
        self._idle.append(connection)
        return values

    async def close(self) -> None:
        """Close what is open."""
        while self._idle:
            await self._idle.pop().disconnect(nowait=True)


@dataclass(frozen=True)
class AsyncPackedFeatures:
    """Reads packed features without holding up an event loop.

    The keys of products, hundreds for one list, are made once and kept.
    """

    redis: Connections
    product_keys: dict[int, bytes] = field(default_factory=dict)

    async def read(self, wanted: Wanted) -> Found:
        """Return what is known, in one round trip.

        Raises
        ------
        RedisError, OSError, TimeoutError
            If Redis can't be reached or doesn't answer in time.
        """
        keys = [self.product_keys.get(each) or self._key(each) for each in wanted.product_ids]
        keys += map(bulk, wanted.other_keys)
        return found(wanted, await self.redis.mget(keys) if keys else [])

    def _key(self, product_id: int) -> bytes:
        if len(self.product_keys) >= N_KEPT:
            self.product_keys.clear()
        [key] = PRODUCT.keys([product_id])
        return self.product_keys.setdefault(product_id, bulk(key))


def bulk(key: str) -> bytes:
    """Return a key as it goes over the wire (RESP2, bulk string)."""
    encoded = key.encode()
    return b"$%d\r\n%b\r\n" % (len(encoded), encoded)


def _chunks(items: Iterable[Any]) -> Iterator[list[Any]]:
    items = iter(items)
    while some := list(islice(items, N_AT_ONCE)):
        yield some
