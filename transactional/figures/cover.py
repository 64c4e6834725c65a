"""How long the units of products last, the shortest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

FOREVER_DAYS = 1e9
"""Stands for the cover of what is not foreseen to sell."""

PAGE = text(r"""
with levels as (
    select product_id, sum(n_on_hand - n_reserved)::bigint as n_available
    from stock join warehouses using (warehouse_id) where is_open group by product_id
), on_order as (
    select product_id, sum(n_ordered - n_received)::bigint as n_on_order
    from purchase_order_lines join purchase_orders using (purchase_order_id)
    where status = 'open' group by product_id
), told as (
    select product_id, title, coalesce(n_available, 0) as n_available,
           coalesce(n_on_order, 0) as n_on_order, units_per_day,
           case when units_per_day > 0 then coalesce(n_available, 0) / units_per_day
                else cast(:forever as double precision) end as cover
    from products left join levels using (product_id) left join on_order using (product_id)
         left join demand_rates using (product_id)
    where status = 'published'
      and (cast(:product_id as bigint) is null or product_id = :product_id)
      and (cast(:pattern as text) is null or title ilike :pattern)
)
select * from told
where (cover, product_id) > (cast(:cover as double precision), cast(:after as bigint))
order by cover, product_id limit :limit
""")


@dataclass(frozen=True)
class Cover:
    """Reads stock beside foreseen demand, inside the request's transaction."""

    session: AsyncSession

    async def page(self, q: str, after: tuple[float, int], limit: int) -> Sequence[Row[Any]]:
        """Return published products behind a place (days of cover, product id), lowest cover first.

        Parameters
        ----------
        q
            A part of the title, or a product id; "" for all.
        """
        cover, product_id = after
        values = {
            "cover": cover,
            "after": product_id,
            "limit": limit,
            "forever": FOREVER_DAYS,
            "product_id": int(q) if is_id(q) else None,
            "pattern": pattern_of(q) if q and not is_id(q) else None,
        }
        return (await self.session.execute(PAGE, values)).all()


def is_id(q: str) -> bool:
    """Tell whether what was typed is a product's id."""
    return q.isascii() and q.isdecimal() and len(q) < 19


def pattern_of(q: str) -> str:
    """Return the pattern of titles that hold the text itself, whatever signs it has."""
    for sign in ("\\", "%", "_"):
        q = q.replace(sign, f"\\{sign}")
    return f"%{q}%"
