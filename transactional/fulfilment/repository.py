"""All SQL of fulfilment. Locks are taken in one order everywhere: the order, then stock rows by id."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from transactional.fulfilment.amounts import PaidLine
from transactional.fulfilment.models import Refund, Return, Shipment
from transactional.orders.models import Order
from transactional.orders.sales_log import tell_lines
from transactional.orders.states import Status
from transactional.stock.levels import Place

CHANGE_STATUS = text("""
with changed as (update orders set status = :to_status where order_id = :order_id)
insert into order_history (order_id, from_status, to_status, actor, note, occurred_at)
values (:order_id, :from_status, :to_status, :actor, :note, :now)
""")
PACK = text("""
insert into shipments (order_id, number, seller_id, warehouse_id, status, updated_at)
select order_id, row_number() over (order by warehouse_id, seller_id), seller_id, warehouse_id,
       'packing', :now
from (select distinct order_id, warehouse_id, seller_id
      from allocations join order_lines using (order_id, line_number)
      where order_id = :order_id) as parcels
""")
PARTS = """
select allocations.product_id, allocations.warehouse_id, sum(allocations.quantity)::bigint as n
from shipments join allocations using (order_id, warehouse_id)
     join order_lines using (order_id, line_number)
where order_id = :order_id and number = :number
  and order_lines.seller_id is not distinct from shipments.seller_id
group by allocations.product_id, allocations.warehouse_id
"""
LOCK_SHIPPED = text(f"""
select 1 from stock join ({PARTS}) as parts using (product_id, warehouse_id)
order by product_id, warehouse_id for update of stock
""")  # noqa: S608 - a constant of ours
SHIP = text(f"""
with parts as materialized ({PARTS}),
left_ as (
    update stock set n_on_hand = n_on_hand - n, n_reserved = n_reserved - n, version = version + 1,
                     updated_at = greatest(updated_at, :now)
    from parts
    where stock.product_id = parts.product_id and stock.warehouse_id = parts.warehouse_id
),
entered as (
    insert into stock_ledger (product_id, warehouse_id, delta_on_hand, delta_reserved, reason,
                              order_id, actor_id, occurred_at)
    select product_id, warehouse_id, -n, -n, 'shipped', :order_id, :actor_id, :now from parts
),
to_capture as (
    update payments set status = 'capturing', updated_at = :now
    where order_id = :order_id and status = 'authorised'
)
update shipments set status = 'shipped', carrier = :carrier, tracking = :tracking, updated_at = :now
where order_id = :order_id and number = :number
""")  # noqa: S608 - a constant of ours
DELIVER = text("""
update shipments set status = 'delivered', updated_at = :now
where order_id = :order_id and number = :number
""")
ASK_RETURN = text("""
with asked as (
    insert into returns (order_id, number, status, reason, requested_at)
    select :order_id, coalesce(max(number), 0) + 1, 'requested', :reason, :now
    from returns where order_id = :order_id
    returning order_id, number
),
asked_lines as (
    insert into return_lines (order_id, number, line_number, quantity)
    select order_id, number, line_number, quantity
    from asked, unnest(cast(:line_numbers as integer[]), cast(:quantities as integer[]))
                as l (line_number, quantity)
)
select number from asked
""")
RETURNED = text("""
select line_number, sum(quantity)::integer as n from return_lines join returns using (order_id, number)
where order_id = :order_id and status = any(cast(:statuses as text[])) group by line_number
""")
# A line that two warehouses sent comes back to the first of them.
BACK = """
select distinct on (line_number) line_number, allocations.product_id, warehouse_id,
       return_lines.quantity
from return_lines join allocations using (order_id, line_number)
where order_id = :order_id and number = :number order by line_number, warehouse_id
"""
LOCK_BACK = text(f"""
select 1 from stock join ({BACK}) as back using (product_id, warehouse_id)
order by product_id, warehouse_id for update of stock
""")  # noqa: S608 - a constant of ours
RESTOCK = text(f"""
with back as materialized ({BACK}),
restocked as (
    update stock set n_on_hand = n_on_hand + n, version = version + 1,
                     updated_at = greatest(updated_at, :now)
    from (select product_id, warehouse_id, sum(quantity)::bigint as n from back group by 1, 2) as b
    where stock.product_id = b.product_id and stock.warehouse_id = b.warehouse_id
),
entered as (
    insert into stock_ledger (product_id, warehouse_id, delta_on_hand, delta_reserved, reason,
                              order_id, actor_id, occurred_at)
    select product_id, warehouse_id, quantity, 0, 'returned', :order_id, :actor_id, :now from back
)
select distinct product_id, warehouse_id from back
""")  # noqa: S608 - a constant of ours
UNDONE = """
(select 'return-' || order_id || '-' || line_number || '-' || number as event_id, order_id,
        line_number, customer_id, order_lines.product_id, return_lines.quantity, unit_price_cents,
        currency, region
 from return_lines join order_lines using (order_id, line_number) join orders using (order_id)
 where order_id = :order_id and number = :number) as undone"""
TELL_RETURN = text(tell_lines("return", UNDONE))
END_RETURN = text("""
update returns set status = :status, refund_cents = :refund_cents, ended_at = :now
where order_id = :order_id and number = :number
""")
OWE = text("""
insert into refunds (order_id, number, cents, reason, status, created_at, updated_at)
select :order_id, coalesce(max(number), 0) + 1, :cents, :reason, 'due', :now, :now
from refunds where order_id = :order_id
""")
OWED = text("select coalesce(sum(cents), 0)::bigint from refunds where order_id = :order_id")


@dataclass(frozen=True)
class FulfilmentRepository:
    """Reads and writes inside the request's transaction; never commits."""

    session: AsyncSession

    async def order(self, order_id: int) -> Order | None:
        """Return anybody's order."""
        return await self.session.get(Order, order_id)

    async def locked(self, order_id: int) -> Order | None:
        """Return an order, held until the transaction ends."""
        query = select(Order).where(Order.order_id == order_id).with_for_update()
        return await self.session.scalar(query.execution_options(populate_existing=True))

    async def waiting(self, status: Status, above: int | None, limit: int) -> Sequence[Order]:
        """Return the oldest orders of a status, those with ids above `above` if given."""
        query = select(Order).where(Order.status == status)
        if above is not None:
            query = query.where(Order.order_id > above)
        query = query.order_by(Order.order_id).limit(limit)
        return (await self.session.scalars(query)).all()

    async def shipments(self, order_id: int) -> Sequence[Shipment]:
        """Return an order's shipments, by number."""
        query = select(Shipment).where(Shipment.order_id == order_id).order_by(Shipment.number)
        query = query.execution_options(populate_existing=True)
        return (await self.session.scalars(query)).all()

    async def returns(self, order_id: int) -> Sequence[Return]:
        """Return an order's returns, by number."""
        query = select(Return).where(Return.order_id == order_id).order_by(Return.number)
        query = query.execution_options(populate_existing=True)
        return (await self.session.scalars(query)).all()

    async def refunds(self, order_id: int) -> Sequence[Refund]:
        """Return an order's refunds, by number."""
        query = select(Refund).where(Refund.order_id == order_id).order_by(Refund.number)
        return (await self.session.scalars(query)).all()

    async def change_status(
        self, order: Order, to_status: Status, actor: str, note: str | None, now: dt.datetime
    ) -> None:
        """Set a locked order's status and enter it in the history."""
        values = {"order_id": order.order_id, "from_status": order.status, "to_status": to_status}
        await self.session.execute(
            CHANGE_STATUS, {**values, "actor": actor, "note": note, "now": now}
        )

    async def pack(self, order_id: int, now: dt.datetime) -> None:
        """Make a shipment for each seller and warehouse of a locked order."""
        await self.session.execute(PACK, {"order_id": order_id, "now": now})

    async def ship(
        self, shipment: Shipment, carrier: str, tracking: str, actor_id: int, now: dt.datetime
    ) -> None:
        """Let a shipment's units leave the stock, and mark the order's money to be taken."""
        what = {"order_id": shipment.order_id, "number": shipment.number}
        await self.session.execute(LOCK_SHIPPED, what)
        how = {"carrier": carrier, "tracking": tracking, "actor_id": actor_id, "now": now}
        await self.session.execute(SHIP, {**what, **how})

    async def deliver(self, shipment: Shipment, now: dt.datetime) -> None:
        """Mark a shipment as delivered."""
        what = {"order_id": shipment.order_id, "number": shipment.number}
        await self.session.execute(DELIVER, {**what, "now": now})

    async def ask_return(
        self, order_id: int, quantities: Mapping[int, int], reason: str, now: dt.datetime
    ) -> int:
        """Enter a return of units by line number; return its number."""
        lines = {"line_numbers": list(quantities), "quantities": list(quantities.values())}
        values = {"order_id": order_id, **lines, "reason": reason, "now": now}
        number: int = await self.session.scalar(ASK_RETURN, values)
        return number

    async def returned(self, order_id: int, statuses: Sequence[str]) -> dict[int, int]:
        """Return the units by line number in an order's returns of these statuses."""
        values = {"order_id": order_id, "statuses": list(statuses)}
        rows = await self.session.execute(RETURNED, values)
        return {row.line_number: row.n for row in rows}

    async def restock(self, what: Return, actor_id: int, now: dt.datetime) -> list[Place]:
        """Put a return's units back on the shelf; return where they are then."""
        values = {"order_id": what.order_id, "number": what.number}
        await self.session.execute(LOCK_BACK, values)
        done = await self.session.execute(RESTOCK, {**values, "actor_id": actor_id, "now": now})
        return [(product_id, warehouse_id) for product_id, warehouse_id in done]

    async def end_return(
        self, what: Return, status: str, refund_cents: int | None, now: dt.datetime
    ) -> None:
        """Mark a return as received or refused; a received one is told to the log."""
        values = {"order_id": what.order_id, "number": what.number, "now": now}
        await self.session.execute(
            END_RETURN, {**values, "status": status, "refund_cents": refund_cents}
        )
        if status == "received":
            await self.session.execute(TELL_RETURN, values)

    async def owed_cents(self, order_id: int) -> int:
        """Return the sum of an order's refunds, given or due."""
        owed: int = await self.session.scalar(OWED, {"order_id": order_id})
        return owed

    async def owe(self, order_id: int, cents: int, reason: str, now: dt.datetime) -> None:
        """Enter a refund, due."""
        values = {"order_id": order_id, "cents": cents, "reason": reason, "now": now}
        await self.session.execute(OWE, values)


def paid_lines(order: Order) -> list[PaidLine]:
    """Return what each line of an order cost after discounts and with tax."""
    return [
        PaidLine(
            line.line_number,
            line.quantity,
            line.quantity * line.unit_price_cents - line.discount_cents + line.tax_cents,
        )
        for line in order.lines
    ]
