"""Sales by hour or day: orders, units, money and refunds."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from transactional.orders.ids import EPOCH, order_id_at

Unit = Literal["hour", "day"]
LENGTHS: Mapping[Unit, dt.timedelta] = {
    "hour": dt.timedelta(hours=1),
    "day": dt.timedelta(days=1),
}
REFUNDABLE = dt.timedelta(days=400)
"""Refunds of older orders are not looked for: an order's id tells its time, a refund's does not."""

# An order's id tells its time, so the bounds of ids find the partitions.
PLACED = text("""
select date_trunc(:unit, placed_at, 'UTC') as began_at,
       count(*) filter (where status not in ('pending', 'cancelled')) as n_orders,
       count(*) filter (where status = 'cancelled') as n_cancelled,
       coalesce(sum(total_cents) filter (where status not in ('pending', 'cancelled')), 0)::bigint
           as total_cents,
       coalesce(sum(n_units) filter (where status not in ('pending', 'cancelled')), 0)::bigint
           as n_units
from orders join (
    select order_id, sum(quantity) as n_units from order_lines
    where order_id >= :first and order_id < :end group by order_id
) as lines using (order_id)
where order_id >= :first and order_id < :end group by 1
""")
REFUNDED = text("""
select date_trunc(:unit, created_at, 'UTC') as began_at, sum(cents)::bigint as refunded_cents
from refunds where order_id >= :oldest and created_at >= :since and created_at < :until group by 1
""")
NOTHING = {"n_orders": 0, "n_cancelled": 0, "total_cents": 0, "n_units": 0, "refunded_cents": 0}


@dataclass(frozen=True)
class Sales:
    """Reads sales, inside the request's transaction."""

    session: AsyncSession

    async def read(self, unit: Unit, n: int, now: dt.datetime) -> list[dict[str, Any]]:
        """Return the figures of the last `n` hours or days, the present one last."""
        starts = beginnings(unit, n, now)
        since, until = starts[0], starts[-1] + LENGTHS[unit]
        placed = {"unit": unit, "first": order_id_at(since, 0), "end": order_id_at(until, 0)}
        oldest = order_id_at(max(since - REFUNDABLE, EPOCH), 0)
        refunded = {"unit": unit, "oldest": oldest, "since": since, "until": until}
        found: dict[dt.datetime, dict[str, Any]] = {each: {**NOTHING} for each in starts}
        for query, values in ((PLACED, placed), (REFUNDED, refunded)):
            for row in (await self.session.execute(query, values)).mappings():
                found[row["began_at"]] |= row
        return [{**figures, "began_at": start} for start, figures in found.items()]


def beginnings(unit: Unit, n: int, now: dt.datetime) -> Sequence[dt.datetime]:
    """Return when the last `n` hours or days (UTC) began, the present one last."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    present = hour if unit == "hour" else hour.replace(hour=0)
    return [present - LENGTHS[unit] * back for back in reversed(range(n))]
