"""Brings what happened to orders into the sellers' books; for `OutboxReader`, in whose transaction it writes.

Which order an event is about is all that is taken from it. What is booked is what the tables say of
the order and the ledger does not have: read late, twice or in another order, the events lead to the
same entries.
"""

import dataclasses
import datetime as dt
from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from transactional.outbox.reading import Event
from transactional.sellers.earnings import SoldUnits, earnings

TELLING = {("orders", "confirmed"), ("shipments", "delivered"), ("order_lines", "return")}
"""By topic, and status or kind."""

# The most specific rate of the moment the order was placed: a seller's in a category, a category's
# (in both the one nearest up the tree), a seller's, everybody's.
KEEP_SOLD = text("""
insert into sold_lines (order_id, line_number, seller_id, rate_basis_points)
select order_id, line_number, seller_id, (
    select basis_points from (
        select distinct on (category_id, seller_id) category_id, seller_id, basis_points
        from commission_rates
        where since <= placed_at
          and (commission_rates.seller_id is null or commission_rates.seller_id = line.seller_id)
          and (commission_rates.category_id is null or category_id = any(path))
        order by category_id, seller_id, since desc, rate_id desc) as rate
    where basis_points is not null
    order by (category_id is not null and seller_id is not null) desc, category_id is not null desc,
             array_position(path, category_id) desc, seller_id is not null desc limit 1)
from (
    select order_id, line_number, order_lines.seller_id, placed_at,
           ancestor_ids || categories.category_id as path
    from orders join order_lines using (order_id) left join products using (product_id)
         left join categories using (category_id)
    where order_id = any(cast(:order_ids as bigint[])) and order_lines.seller_id is not null
) as line
order by order_id, line_number
on conflict do nothing
""")
SOLD = text("""
select order_id, line_number, sold_lines.seller_id, quantity,
       quantity * unit_price_cents - discount_cents + tax_cents as paid_cents, rate_basis_points,
       n_delivered, n_returned, n_booked_sold, n_booked_back, earned_at
from sold_lines join order_lines using (order_id, line_number)
cross join lateral (
    select coalesce(sum(allocations.quantity), 0)::integer as n_delivered
    from allocations join shipments using (order_id, warehouse_id)
    where order_id = sold_lines.order_id and line_number = sold_lines.line_number
      and shipments.seller_id = sold_lines.seller_id and shipments.status = 'delivered') as arrived
cross join lateral (
    select coalesce(sum(return_lines.quantity), 0)::integer as n_returned
    from return_lines join returns using (order_id, number)
    where order_id = sold_lines.order_id and line_number = sold_lines.line_number
      and returns.status = 'received') as back
cross join lateral (
    select coalesce(sum(n_units) filter (where kind = 'sale'), 0)::integer as n_booked_sold,
           coalesce(sum(n_units) filter (where kind = 'refund'), 0)::integer as n_booked_back,
           min(earned_at) filter (where kind = 'sale') as earned_at
    from seller_ledger
    where seller_ledger.order_id = sold_lines.order_id
      and seller_ledger.line_number = sold_lines.line_number) as booked
where order_id = any(cast(:order_ids as bigint[]))
order by order_id, line_number
""")
ENTER = text("""
insert into seller_ledger (seller_id, event_key, kind, cents, order_id, line_number, n_units,
                           rate_basis_points, occurred_at, earned_at)
values (:seller_id, :event_key, :kind, :cents, :order_id, :line_number, :n_units,
        :rate_basis_points, :occurred_at, :earned_at)
""")


async def book_sales(connection: AsyncConnection, events: Sequence[Event]) -> None:
    """Note what sellers sold, and book what they earned with it or lost again."""
    happened = {
        int(event.body["order_id"]): dt.datetime.fromisoformat(event.body["occurred_at"])
        for event in events
        if (event.topic, event.body.get("status") or event.body.get("kind")) in TELLING
    }
    if not happened:
        return
    orders = {"order_ids": list(happened)}
    await connection.execute(KEEP_SOLD, orders)
    lines = [SoldUnits(*row) for row in await connection.execute(SOLD, orders)]
    entries = [entry for line in lines for entry in earnings(line, happened[line.order_id])]
    if entries:
        await connection.execute(ENTER, [dataclasses.asdict(entry) for entry in entries])
