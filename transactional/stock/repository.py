"""All SQL of stock. Every change is one conditional update, so that two callers cannot both win."""

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import BigInteger, column, func, literal, select, table, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from transactional.stock.models import Stock

PRODUCTS = table("products", column("product_id", BigInteger))


@dataclass(frozen=True)
class StockRepository:
    """Reads and writes inside the request's transaction; never commits."""

    session: AsyncSession

    async def n_available(self, product_id: int) -> int | None:
        """Return the units left; None for a product that never had any."""
        query = select(Stock.n_available).where(Stock.product_id == product_id)
        return await self.session.scalar(query)

    async def change(self, product_id: int, delta: int, now: dt.datetime) -> int | None:
        """Add `delta` units (negative: take) and return what is left, or None if too few are.

        The row stays locked until the transaction ends.
        """
        left = Stock.n_available + delta
        statement = (
            update(Stock)
            .where(Stock.product_id == product_id, left >= 0)
            .values(n_available=left, updated_at=func.greatest(Stock.updated_at, now))
            .returning(Stock.n_available)
        )
        return await self.session.scalar(statement)

    async def open(self, product_id: int, now: dt.datetime) -> None:
        """Make the row of a product of the catalogue, with no units, unless there is one."""
        row = select(PRODUCTS.c.product_id, literal(0), literal(now)).where(
            PRODUCTS.c.product_id == product_id
        )
        columns = ["product_id", "n_available", "updated_at"]
        statement = insert(Stock).from_select(columns, row).on_conflict_do_nothing()
        await self.session.execute(statement)
