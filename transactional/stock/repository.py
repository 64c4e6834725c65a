"""All SQL of stock that is no order's. Every change leaves an entry in the ledger."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Row, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from transactional.stock.models import Stock, Warehouse

LedgerReason = Literal["received", "corrected", "moved"]

FIRST_WAREHOUSE = text("select min(warehouse_id) from warehouses where is_open")
AVAILABLE = text("""
select sum(n_on_hand - n_reserved)::bigint from stock join warehouses using (warehouse_id)
where product_id = :product_id and is_open
""")
AVAILABLE_OF = text("""
select product_id, sum(n_on_hand - n_reserved)::bigint as n_available
from stock join warehouses using (warehouse_id)
where product_id = any(cast(:product_ids as bigint[])) and is_open group by product_id
""")
PLACES = text("""
select warehouse_id, name, n_on_hand - n_reserved as n_available
from stock join warehouses using (warehouse_id)
where product_id = :product_id and is_open order by name
""")
IS_DRAFT = text("select status = 'draft' from products where product_id = :product_id")
OPEN = text("""
insert into stock (product_id, warehouse_id, n_on_hand, updated_at)
select product_id, :warehouse_id, 0, :now from products where product_id = :product_id
on conflict do nothing
""")
MOVE = text("""
with moved as (
    update stock set n_on_hand = n_on_hand + :delta, version = version + 1,
                     updated_at = greatest(updated_at, :now)
    where product_id = :product_id and warehouse_id = :warehouse_id
      and n_on_hand + :delta >= n_reserved
      and (cast(:version as bigint) is null or version = :version)
    returning product_id, warehouse_id
), entered as (
    insert into stock_ledger
        (product_id, warehouse_id, delta_on_hand, delta_reserved, reason, actor_id, occurred_at,
         purchase_order_id)
    select product_id, warehouse_id, :delta, 0, :reason, :actor_id, :now, :purchase_order_id
    from moved
)
select count(*) from moved
""")


@dataclass(frozen=True, slots=True)
class Move:
    """Units that come into a warehouse (positive) or leave it, and who says so.

    With a `version`, only if the row still has it; with a purchase order, because of it.
    """

    product_id: int
    warehouse_id: int
    delta: int
    reason: LedgerReason
    actor_id: int
    version: int | None = None
    purchase_order_id: int | None = None


@dataclass(frozen=True)
class StockRepository:
    """Reads and writes inside the request's transaction; never commits."""

    session: AsyncSession

    async def n_available(self, product_id: int) -> int | None:
        """Return the units that can be sold; None for a product that never had any."""
        found: int | None = await self.session.scalar(AVAILABLE, {"product_id": product_id})
        return found

    async def n_free(self, product_id: int, warehouse_id: int) -> int:
        """Return the units of a warehouse that are promised to nobody."""
        row = await self.session.get(Stock, (product_id, warehouse_id), populate_existing=True)
        return row.n_on_hand - row.n_reserved if row else 0

    async def available_of(self, product_ids: Sequence[int]) -> dict[int, int]:
        """Return the units that can be sold, by product id; those that never had any are missing."""
        rows = await self.session.execute(AVAILABLE_OF, {"product_ids": list(product_ids)})
        return {row.product_id: row.n_available for row in rows}

    async def places(self, product_id: int) -> Sequence[Row[tuple[int, str, int]]]:
        """Return a product's open warehouses by name: id, name, and units that can be sold."""
        return (await self.session.execute(PLACES, {"product_id": product_id})).all()

    async def is_draft(self, product_id: int) -> bool:
        """Tell whether a product is not published yet; its stock rows' lock keeps it so."""
        found: bool = await self.session.scalar(IS_DRAFT, {"product_id": product_id})
        return found

    async def warehouse(self, warehouse_id: int | None) -> int | None:
        """Return the warehouse if there is one of that id; the first open one for None."""
        if warehouse_id is None:
            first: int | None = await self.session.scalar(FIRST_WAREHOUSE)
            return first
        found = await self.session.get(Warehouse, warehouse_id)
        return found.warehouse_id if found else None

    async def rows(self, product_id: int) -> Sequence[Stock]:
        """Return a product's units by warehouse."""
        query = select(Stock).where(Stock.product_id == product_id).order_by(Stock.warehouse_id)
        return (await self.session.scalars(query)).all()

    async def open(self, product_id: int, warehouse_id: int, now: dt.datetime) -> None:
        """Make the row of a product of the catalogue, with no units, unless there is one."""
        values = {"product_id": product_id, "warehouse_id": warehouse_id, "now": now}
        await self.session.execute(OPEN, values)

    async def lock(self, product_id: int) -> None:
        """Hold a product's rows until the transaction ends."""
        query = select(Stock.warehouse_id).where(Stock.product_id == product_id)
        await self.session.execute(query.order_by(Stock.warehouse_id).with_for_update())

    async def move(self, move: Move, now: dt.datetime) -> bool:
        """Do it and enter it in the ledger; false if too few units are free, or another version."""
        values = {name: getattr(move, name) for name in Move.__dataclass_fields__}
        n_moved: int = await self.session.scalar(MOVE, {**values, "now": now})
        return n_moved == 1
