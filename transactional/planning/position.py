"""What a plan starts from: units there and on the way, terms, how fast they sold, what came when."""

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from transactional.planning.models import SupplyTerms

SOLD_DAYS = 28

PRODUCTS = text("""
select product_id, price_cents from supply_terms join products using (product_id)
where product_id > :after and status = 'published' order by product_id limit :limit
""")
# A draft that somebody edited will be ordered, or rejected: until then it is not proposed again.
UNITS = text("""
with asked as (select unnest(cast(:product_ids as bigint[])) as product_id),
on_order as (
    select product_id, warehouse_id, sum(n_ordered - n_received) as n
    from purchase_order_lines join purchase_orders using (purchase_order_id)
    where product_id = any(cast(:product_ids as bigint[]))
      and (status = 'open' or (status = 'draft' and edited_at is not null))
    group by 1, 2
), sold as (
    select product_id, warehouse_id, greatest(sum(delta_reserved), 0) as n from stock_ledger
    where product_id = any(cast(:product_ids as bigint[])) and occurred_at >= :since
      and reason in ('reserved', 'released')
    group by 1, 2
)
select product_id, warehouse_id, coalesce(n_on_hand, 0)::bigint as n_on_hand,
       coalesce(n_reserved, 0)::bigint as n_reserved, coalesce(on_order.n, 0)::bigint as n_on_order,
       coalesce(sold.n, 0)::bigint as n_sold
from asked cross join warehouses
     left join stock using (product_id, warehouse_id)
     left join on_order using (product_id, warehouse_id)
     left join sold using (product_id, warehouse_id)
where is_open order by product_id, warehouse_id
""")
RECEIPTS = text("""
select purchase_order_id, delivery_note, supplier, coalesce(decided_at, created_at) as ordered_at,
       received_at, (select sum(n::bigint) from jsonb_each_text(quantities) as line (number, n))::bigint
           as n_units
from receipts join purchase_orders using (purchase_order_id)
where (purchase_order_id, delivery_note) > (:after, :note) and received_at >= :since
order by purchase_order_id, delivery_note limit :limit
""")


@dataclass(frozen=True)
class Position:
    """Reads for a plan, inside the request's transaction."""

    session: AsyncSession

    async def page(self, after: int, limit: int, now: dt.datetime) -> list[dict[str, Any]]:
        """Return published products with terms above `after`, by id."""
        values = {"after": after, "limit": limit}
        products = (await self.session.execute(PRODUCTS, values)).all()
        ids = [row.product_id for row in products]
        query = select(SupplyTerms).where(SupplyTerms.product_id.in_(ids))
        terms = {row.product_id: row for row in await self.session.scalars(query)}
        units = await self._units(ids, now)
        return [
            {
                "product_id": row.product_id,
                "price_cents": row.price_cents,
                "terms": terms[row.product_id],
                "warehouses": units[row.product_id],
            }
            for row in products
        ]

    async def receipts(
        self, since: dt.datetime, after: tuple[int, str], limit: int
    ) -> Sequence[Row[Any]]:
        """Return deliveries since a moment, those of purchase order and note above `after`."""
        values = {"since": since, "after": after[0], "note": after[1], "limit": limit}
        return (await self.session.execute(RECEIPTS, values)).all()

    async def _units(
        self, product_ids: Sequence[int], now: dt.datetime
    ) -> defaultdict[int, list[Row[Any]]]:
        since = now - dt.timedelta(days=SOLD_DAYS)
        values = {"product_ids": list(product_ids), "since": since}
        found: defaultdict[int, list[Row[Any]]] = defaultdict(list)
        for row in await self.session.execute(UNITS, values):
            found[row.product_id].append(row)
        return found
