"""Packed rows of products kept in this process, until Redis tells that one of them changed.

Source: Redis, "Client-side caching reference" (broadcasting mode). Redis sends the key of every row
that is written, forgotten or expired; the row is dropped and read again when it is next wanted. What
is kept is behind Redis by the way of that message. Without the connection that messages come by,
nothing is kept.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import structlog
from redis.asyncio import ConnectionPool
from redis.exceptions import RedisError

from features.store.packed import PRODUCT

N_KEPT = 200_000
"""Some 300 bytes each."""

PING_SECONDS = 1.0
SILENT_SECONDS = 3.0
"""A connection that has been silent for so long, though it was pinged, is taken for lost."""

RETRY_SECONDS = 1.0


class KeptRows:
    """Rows by product id. An empty row is that of a product which Redis knows nothing of.

    Parameters
    ----------
    n_most
        Above so many, all are dropped. 0: nothing is ever kept.
    """

    def __init__(self, n_most: int = N_KEPT) -> None:
        self.n_most = n_most
        self.is_told = False
        """Whether changes are heard of."""
        self.n_told = 0
        """Messages so far."""
        self._rows: dict[int, bytes] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def rows(self, product_ids: Iterable[int]) -> list[bytes | None]:
        """Return what is kept, None for what has to be read."""
        return list(map(self._rows.get, product_ids))

    def keep(
        self, product_ids: Sequence[int], rows: Sequence[bytes | None], n_told_before: int
    ) -> None:
        """Keep what was read, unless anything may have changed since.

        Parameters
        ----------
        n_told_before
            `n_told` when the reading began: a row may have changed after it was read, with the
            message of it here before the row.
        """
        if not self.is_told or self.n_told != n_told_before:
            return
        if len(self._rows) + len(product_ids) > self.n_most:
            self._rows.clear()
        if len(product_ids) <= self.n_most:
            self._rows.update(
                (each, row or b"") for each, row in zip(product_ids, rows, strict=True)
            )

    def drop(self, keys: Sequence[str] | None) -> None:
        """Drop the rows of Redis keys, None for all."""
        self.n_told += 1
        if keys is None:
            self._rows.clear()
            return
        for key in keys:
            product_id = key.rpartition(":")[2]
            if product_id.isdigit():
                self._rows.pop(int(product_id), None)

    def lose(self) -> None:
        """Drop all and keep nothing: changes are not heard of any more."""
        self.is_told = False
        self.drop(None)


@asynccontextmanager
async def kept_current(
    kept: KeptRows, redis_url: str, log: structlog.BoundLogger
) -> AsyncIterator[None]:
    """Drop what changes until the block ends; connect again whenever the connection is lost."""
    hearing = asyncio.create_task(_hear_of_changes(kept, redis_url, log))
    try:
        yield
    finally:
        hearing.cancel()


async def _hear_of_changes(kept: KeptRows, redis_url: str, log: structlog.BoundLogger) -> None:
    # Text, since redis-py (7.4) does not know an invalidation by its name in bytes, and drops it.
    pool = ConnectionPool.from_url(
        redis_url, protocol=3, decode_responses=True, socket_connect_timeout=SILENT_SECONDS
    )
    while kept.n_most:
        connection: Any = pool.make_connection()  # type: ignore[no-untyped-call]
        try:
            await _hear(kept, connection)
        except* (RedisError, OSError, TimeoutError) as lost:
            log.warning("changed features are not heard of", error=repr(lost.exceptions[0]))
        finally:
            kept.lose()
            await connection.disconnect(nowait=True)
        await asyncio.sleep(RETRY_SECONDS)


async def _hear(kept: KeptRows, connection: Any) -> None:  # noqa: ANN401 - redis-py's, by its URL
    """Follow one connection until it is lost, which raises."""

    async def drop(message: list[Any]) -> None:
        kept.drop(message[1])

    await connection.connect()
    connection._parser.set_invalidation_push_handler(drop)  # noqa: SLF001 - the only way there is
    await connection.send_command("CLIENT", "TRACKING", "ON", "BCAST", "PREFIX", PRODUCT.prefix)
    async with asyncio.timeout(SILENT_SECONDS):
        await connection.read_response()
    kept.is_told = True
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(_ping(connection))
        tasks.create_task(_listen(connection))


async def _ping(connection: Any) -> None:  # noqa: ANN401
    while True:
        await connection.send_command("PING")
        await asyncio.sleep(PING_SECONDS)


async def _listen(connection: Any) -> None:  # noqa: ANN401
    while True:
        async with asyncio.timeout(SILENT_SECONDS):
            await connection.read_response(push_request=True)
