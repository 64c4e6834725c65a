"""A seller's own part of orders: their lines and shipments, and nothing of anybody else's."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from transactional.fulfilment.service import FulfilmentService, UnknownShipmentProblem
from transactional.orders.service import UnknownOrderProblem

ShipmentStatus = Literal["waiting", "packing", "shipped", "delivered"]
"""waiting: confirmed, and nobody packs yet."""

PAGES = {
    None: text("""
        select distinct order_id from sold_lines
        where seller_id = :seller_id and (cast(:below as bigint) is null or order_id < :below)
        order by order_id desc limit :limit"""),
    "waiting": text("""
        select distinct order_id from orders join sold_lines using (order_id)
        where seller_id = :seller_id and status = 'confirmed'
          and (cast(:below as bigint) is null or order_id < :below)
        order by order_id desc limit :limit"""),
}
WITH_SHIPMENTS = text("""
select distinct order_id from shipments
where seller_id = :seller_id and status = :status
  and (cast(:below as bigint) is null or order_id < :below)
order by order_id desc limit :limit
""")
# Where a parcel goes is needed to send it, and forgotten with an order that is not sent.
OWN = text("""
select order_id, status, placed_at, currency,
       case when status <> 'cancelled' then ship_to end as ship_to, lines, coalesce((
           select jsonb_agg(to_jsonb(shipments) order by number) from shipments
           where shipments.order_id = orders.order_id and seller_id = :seller_id), '[]') as shipments
from orders cross join lateral (
    select jsonb_agg(to_jsonb(order_lines) order by line_number) as lines
    from order_lines join sold_lines using (order_id, line_number)
    where order_id = orders.order_id and sold_lines.seller_id = :seller_id) as own
where order_id = any(cast(:order_ids as bigint[])) and lines is not null
order by order_id desc
""")
SHIPMENT = text("""
select 1 from shipments
where order_id = :order_id and number = :number and seller_id = :seller_id
""")


@dataclass(frozen=True)
class OwnOrders:
    """What a seller sees of orders and does with them, inside the request's transaction."""

    session: AsyncSession
    fulfilment: FulfilmentService
    seller_id: int

    async def page(
        self, status: ShipmentStatus | None, below: int | None, limit: int
    ) -> Sequence[Row[Any]]:
        """Return the newest orders with lines of the seller's, with ids below `below` if given."""
        query = PAGES.get(status, WITH_SHIPMENTS)
        values: dict[str, object] = {"seller_id": self.seller_id, "below": below, "limit": limit}
        if query is WITH_SHIPMENTS:
            values["status"] = status
        return await self._own((await self.session.scalars(query, values)).all())

    async def read(self, order_id: int) -> Row[Any]:
        """Return the seller's part of an order.

        Raises
        ------
        UnknownOrderProblem
            If the seller sold nothing of it; a sale is known within a second of its confirmation.
        """
        found = await self._own([order_id])
        if not found:
            raise UnknownOrderProblem(order_id)
        return found[0]

    async def pack(self, order_id: int) -> Row[Any]:
        """Begin to pack: from now the customer cannot cancel, and every seller of the order packs.

        Raises
        ------
        UnknownOrderProblem, TransitionProblem
            If the seller sold nothing of it, or it is not confirmed.
        """
        await self.read(order_id)
        await self.fulfilment.pack(order_id)
        return await self.read(order_id)

    async def ship(self, order_id: int, number: int, carrier: str, tracking: str) -> Row[Any]:
        """Hand a shipment of the seller's to its carrier.

        Raises
        ------
        UnknownOrderProblem, UnknownShipmentProblem, ShipmentStateProblem
            If the seller has no such shipment, or it has left.
        """
        await self._check_own(order_id, number)
        await self.fulfilment.ship(order_id, number, carrier, tracking)
        return await self.read(order_id)

    async def deliver(self, order_id: int, number: int) -> Row[Any]:
        """Note that a shipment of the seller's arrived.

        Raises
        ------
        UnknownOrderProblem, UnknownShipmentProblem, ShipmentStateProblem
            If the seller has no such shipment, or it is not on its way.
        """
        await self._check_own(order_id, number)
        await self.fulfilment.deliver(order_id, number)
        return await self.read(order_id)

    async def _own(self, order_ids: Sequence[int]) -> Sequence[Row[Any]]:
        values = {"seller_id": self.seller_id, "order_ids": list(order_ids)}
        return (await self.session.execute(OWN, values)).all()

    async def _check_own(self, order_id: int, number: int) -> None:
        await self.read(order_id)
        values = {"order_id": order_id, "number": number, "seller_id": self.seller_id}
        if await self.session.scalar(SHIPMENT, values) is None:
            raise UnknownShipmentProblem(f"You have no shipment {number} of order {order_id}.")
