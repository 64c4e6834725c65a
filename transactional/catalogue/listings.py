"""What a cart shows of products, read for all requests that wait at the same moment by one query."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from transactional.batches import Batcher
from transactional.database import direct_connection
from transactional.errors import is_unreachable

LISTINGS = text("""
select product_id, title, status, price_cents from products
where product_id = any(cast(:ids as bigint[]))
""")


@dataclass(frozen=True, slots=True)
class Listing:
    """A product as a cart shows it."""

    product_id: int
    title: str
    status: str
    price_cents: int


class ListingReader:
    """Reads the listings of products as they are now; what does not exist is missing."""

    def __init__(self, engine: AsyncEngine, max_waiting: int) -> None:
        self._engine = engine
        self._batcher: Batcher[Collection[int], Mapping[int, Listing]] = Batcher(
            self._read, max_size=64, max_waiting=max_waiting, meets_all=is_unreachable
        )

    async def __call__(self, product_ids: Collection[int]) -> Mapping[int, Listing]:
        """Return the listings of these products, by id; maybe of others besides."""
        return await self._batcher.submit(product_ids) if product_ids else {}

    async def _read(self, wanted: Sequence[Collection[int]]) -> list[Mapping[int, Listing]]:
        ids = sorted({product_id for each in wanted for product_id in each})
        async with direct_connection(self._engine) as connection:
            rows = await connection.execute(LISTINGS, {"ids": ids})
            found = {product_id: Listing(product_id, *row) for product_id, *row in rows}
        return [found] * len(wanted)
