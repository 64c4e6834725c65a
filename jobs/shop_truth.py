"""What the shop's own tables say of a day: lines sold and given back, and units that could be sold at its end.

The tables are the truth; the outbox and the lake only tell of them.
"""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg2

LINES = """
select 'sale-' || order_id || '-' || line_number, order_id, line_number, product_id, 'sale', quantity,
       unit_price_cents, currency
from order_history join orders using (order_id) join order_lines using (order_id)
where to_status = 'confirmed' and occurred_at >= %(start)s and occurred_at < %(end)s
union all
select 'return-' || order_id || '-' || line_number, order_id, line_number, product_id, 'return', quantity,
       unit_price_cents, currency
from order_history join orders using (order_id) join order_lines using (order_id)
where to_status = 'cancelled' and from_status <> 'pending'
  and occurred_at >= %(start)s and occurred_at < %(end)s
union all
select 'return-' || order_id || '-' || line_number || '-' || number, order_id, line_number, product_id,
       'return', return_lines.quantity, unit_price_cents, currency
from returns join return_lines using (order_id, number) join order_lines using (order_id, line_number)
     join orders using (order_id)
where returns.status = 'received' and ended_at >= %(start)s and ended_at < %(end)s
order by 1
"""
# Drafts are not told; a product is known from its first price on. What the log told before the shop was
# there was loaded into it without events of its own: entries of nobody, for no order.
LEVELS = """
with places as (
    select product_id, warehouse_id from stock_ledger
    where occurred_at >= %(start)s and occurred_at < %(end)s
    union
    select product_id, warehouse_id from stock join (
        select product_id from price_history group by product_id
        having min(changed_at) >= %(start)s and min(changed_at) < %(end)s) as published using (product_id)
),
levels as (
    select product_id, warehouse_id,
           coalesce(sum(delta_on_hand - delta_reserved) filter (where occurred_at < %(end)s), 0) as n,
           bool_and(reason in ('opening', 'corrected') and actor_id is null and order_id is null)
               filter (where occurred_at >= %(start)s and occurred_at < %(end)s) as is_loaded,
           bool_or(occurred_at between %(end)s - %(margin)s and %(end)s + %(margin)s) as is_unsettled
    from places left join stock_ledger using (product_id, warehouse_id)
    where exists (select from price_history
                  where price_history.product_id = places.product_id and changed_at < %(end)s)
    group by product_id, warehouse_id
),
told as (
    select distinct on (body->>'product_id', body->>'warehouse_id') event_id,
           (body->>'product_id')::bigint as product_id, (body->>'warehouse_id')::bigint as warehouse_id,
           (body->>'n_available_there')::bigint as n_told
    from outbox where topic = 'stock_levels' and recorded_at >= %(start)s and recorded_at < %(end)s
    order by body->>'product_id', body->>'warehouse_id', position desc
)
select product_id, warehouse_id, n::bigint, is_open, coalesce(is_loaded, false), coalesce(is_unsettled, false),
       event_id, n_told
from levels join warehouses using (warehouse_id) left join told using (product_id, warehouse_id)
order by product_id, warehouse_id
"""
MARGIN = dt.timedelta(minutes=1)
"""Of two movements of one place at the same moment the later one may have the earlier time, for it waited for
a lock: what moved so near to midnight is compared when its next day is."""


@dataclass(frozen=True)
class SoldLine:
    """Some units of one product, sold or given back; `event_id` is its row's in the log."""

    event_id: str
    order_id: int
    line_number: int
    product_id: int
    kind: str
    quantity: int
    unit_price_cents: int
    currency: str


@dataclass(frozen=True)
class PlaceLevel:
    """How many units of a product could be sold from a warehouse at the day's end, by the ledger.

    Parameters
    ----------
    is_open
        Whether the warehouse sends now; from a closed one none can be sold.
    is_loaded
        Whether the day's entries were loaded from a log: the shop told of none then.
    is_unsettled
        Whether it moved within `MARGIN` of the day's end.
    event_id, n_told
        The last row that the shop told of it that day, None if there is none.
    """

    product_id: int
    warehouse_id: int
    n_units: int
    is_open: bool
    is_loaded: bool
    is_unsettled: bool
    event_id: str | None
    n_told: int | None


@dataclass(frozen=True)
class ShopTruth:
    """The tables of the shop's database at `dsn`."""

    dsn: str

    def lines(self, day: dt.date) -> list[SoldLine]:
        """Return what was sold and given back on a UTC day."""
        with self._rows(LINES, day) as rows:
            return [SoldLine(*row) for row in rows]

    def levels(self, day: dt.date) -> list[PlaceLevel]:
        """Return the level of each place that moved, or became known, on a UTC day."""
        with self._rows(LEVELS, day) as rows:
            return [PlaceLevel(*row) for row in rows]

    @contextmanager
    def _rows(self, query: str, day: dt.date) -> Iterator[list[tuple[Any, ...]]]:
        start = start_of(day)
        values = {"start": start, "end": start + dt.timedelta(days=1), "margin": MARGIN}
        with psycopg2.connect(self.dsn) as connection, connection.cursor() as cursor:
            cursor.execute(query, values)
            yield cursor.fetchall()


def start_of(day: dt.date) -> dt.datetime:
    """Return a UTC day's first moment."""
    return dt.datetime.combine(day, dt.time(), dt.UTC)
