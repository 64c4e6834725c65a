"""Products that changed lately in Redis, where serving reads them: what PostgreSQL says of them.

Only what a shopper can see is told: of stock whether there is any, not how much. Each change is one entry
of a stream; the hash is for who begins to read, and holds the last state of everything that changed in
`KEPT`, at most `N_MOST`. It is made anew when Redis lost it, and once an hour, so that it does not keep what
became old. Who writes holds a lock in PostgreSQL while reading: a writer that was slow cannot put an
earlier state over a later one.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from redis.asyncio import Redis
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from features.schemas.live_products import (
    KEPT,
    LIVE_CHANGES,
    LIVE_COUNT,
    LIVE_PRODUCTS,
    LiveProduct,
)
from transactional.live_products.repository import products_changed, products_now
from transactional.outbox.reading import Event

TOPICS = ("products", "stock_levels")
EVERY = dt.timedelta(hours=1)
N_MOST = 100_000
"""After more changes than that, as by a large import, the oldest wait for the next index."""
N_ENTRIES = 20_000
"""Of the stream; who is further behind reads the hash again."""
N_AT_ONCE = 1_000
LOCK = text("select pg_advisory_xact_lock(hashtextextended('live products in Redis', 0))")


@dataclass
class LivePublishing:
    """Brings changed products to Redis; `published_at` is when the whole hash was last made."""

    engine: AsyncEngine
    redis: Redis
    now: Callable[[], dt.datetime]
    published_at: dt.datetime | None = None

    async def follow(self, connection: AsyncConnection, events: Sequence[Event]) -> None:
        """Publish what events tell of (an outbox reader's `deliver`).

        Raises
        ------
        RedisError
            If Redis cannot be reached; the reader delivers again.
        """
        ids = sorted({int(event.body["product_id"]) for event in events if event.topic in TOPICS})
        if ids:
            await connection.execute(LOCK)
            await self._tell(await products_now(connection, ids))

    async def keep_live_products(self) -> int:
        """Make the hash anew if it is due: at first, when it is gone, an hour after the last time.

        Returns the number of products in it.
        """
        if not await self._is_due():
            return 0
        async with self.engine.begin() as connection:
            await connection.execute(LOCK)
            now = self.now()
            products = await products_changed(connection, now - KEPT, N_MOST)
            await self._tell(products)
            await self._forget_others({str(each.product_id) for each in products})
        await self.redis.setnx(LIVE_COUNT, 0)  # its absence tells that Redis lost all
        self.published_at = now
        return len(products)

    async def _is_due(self) -> bool:
        if self.published_at is None or self.now() - self.published_at >= EVERY:
            return True
        return not await self.redis.exists(LIVE_COUNT)

    async def _tell(self, products: Sequence[LiveProduct]) -> None:
        """Write and tell of what is not known yet."""
        for start in range(0, len(products), N_AT_ONCE):
            some = {str(each.product_id): each for each in products[start : start + N_AT_ONCE]}
            known = await cast(Any, self.redis.hmget(LIVE_PRODUCTS, list(some)))
            told = {
                product_id: product.model_dump_json()
                for (product_id, product), before in zip(some.items(), known, strict=True)
                if not _is_told(product, before)
            }
            if told:
                await self._write(told)

    async def _write(self, told: dict[str, str]) -> None:
        last = await cast(Any, self.redis.incrby(LIVE_COUNT, len(told)))
        async with self.redis.pipeline(transaction=True) as pipeline:
            pipeline.hset(LIVE_PRODUCTS, mapping=told)
            for n, product in enumerate(told.values(), last - len(told) + 1):
                fields: dict[Any, Any] = {"n": n, "product": product}
                pipeline.xadd(LIVE_CHANGES, fields, maxlen=N_ENTRIES, approximate=True)
            await pipeline.execute()

    async def _forget_others(self, product_ids: set[str]) -> None:
        known = await cast(Any, self.redis.hkeys(LIVE_PRODUCTS))
        if old := [each for each in known if each not in product_ids]:
            await cast(Any, self.redis.hdel(LIVE_PRODUCTS, *old))


def _is_told(product: LiveProduct, before: str | None) -> bool:
    """Return whether shoppers see the same as the hash says."""
    if before is None:
        return False
    return LiveProduct.model_validate_json(before).listed == product.listed
