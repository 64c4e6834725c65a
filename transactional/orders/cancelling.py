"""Cancels orders: their units become available again, their promotions unused, their sales undone."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text

from transactional.database import Connection
from transactional.orders.sales_log import tell_lines
from transactional.orders.states import Status
from transactional.stock.levels import tell_levels

# Orders, then stock rows by id, then promotions: every transaction locks in this order.
LOCK_ORDERS = text("""
select order_id, status from orders
where order_id = any(cast(:order_ids as bigint[])) and status = any(cast(:statuses as text[]))
order by order_id for update
""")
LOCK_STOCK = text("""
select 1 from stock
where product_id in (
    select product_id from allocations where order_id = any(cast(:order_ids as bigint[])))
order by product_id, warehouse_id for update
""")
CANCEL = text(
    """
with
cancelled as materialized (
    select * from unnest(cast(:order_ids as bigint[]), cast(:from_statuses as text[]))
             as c (order_id, from_status)
),
ended as (
    update orders set status = 'cancelled', expires_at = null, cancelled_at = :now
    where order_id = any(cast(:order_ids as bigint[]))
    returning order_id, customer_id, currency, region
),
new_history as (
    insert into order_history (order_id, from_status, to_status, actor, note, occurred_at)
    select order_id, from_status, 'cancelled', :actor, :note, :now from cancelled
),
parts as materialized (
    select * from allocations where order_id = any(cast(:order_ids as bigint[]))
),
new_entries as (
    insert into stock_ledger (product_id, warehouse_id, delta_on_hand, delta_reserved, reason,
                              order_id, occurred_at)
    select product_id, warehouse_id, 0, -quantity, 'released', order_id, :now from parts
),
released as (
    update stock set n_reserved = n_reserved - n, version = version + 1,
                     updated_at = greatest(updated_at, :now)
    from (select product_id, warehouse_id, sum(quantity) as n from parts group by 1, 2) as freed
    where stock.product_id = freed.product_id and stock.warehouse_id = freed.warehouse_id
),
unused as (
    delete from promotion_uses where order_id = any(cast(:order_ids as bigint[]))
    returning promotion_id
),
counted as (
    update promotions set n_uses = promotions.n_uses - u.n
    from (select promotion_id, count(*) as n from unused group by 1) as u
    where promotions.promotion_id = u.promotion_id
),
undone as (
    select 'return-' || order_id || '-' || line_number as event_id, ended.*, line_number,
           product_id, quantity, unit_price_cents
    from ended join cancelled using (order_id) join order_lines using (order_id)
    where from_status <> 'pending'
),
told as ("""  # noqa: S608 - constants of ours
    + tell_lines("return", "undone")
    + """
),
let_go as (
    update payments set status = 'voiding', updated_at = :now
    where order_id = any(cast(:order_ids as bigint[]))
      and status in ('authorising', 'action_required', 'authorised')
)
select distinct product_id, warehouse_id from parts
"""
)


@dataclass(frozen=True, slots=True)
class Cancellation:
    """Who cancels and why; only orders in one of `statuses` are cancelled."""

    statuses: tuple[Status, ...]
    actor: str
    note: str


async def cancel(
    connection: Connection,
    order_ids: Sequence[int],
    cancellation: Cancellation,
    now: dt.datetime,
) -> dict[int, Status]:
    """Cancel those of the orders that are in one of the statuses; return what they were.

    Their payments are marked to be let go; `payments.reconciling` asks the provider after the commit.
    """
    wanted = {"order_ids": list(order_ids), "statuses": list(cancellation.statuses)}
    rows = await connection.execute(LOCK_ORDERS, wanted)
    before: dict[int, Status] = {order_id: status for order_id, status in rows}  # noqa: C416 - says what they are
    if not before:
        return {}
    cancelled = {"order_ids": list(before)}
    await connection.execute(LOCK_STOCK, cancelled)
    values = {
        **cancelled,
        "from_statuses": list(before.values()),
        "actor": cancellation.actor,
        "note": cancellation.note,
        "now": now,
    }
    places = [(row[0], row[1]) for row in await connection.execute(CANCEL, values)]
    await tell_levels(connection, places, "returned", now)
    return before
