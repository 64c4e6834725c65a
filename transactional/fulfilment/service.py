"""The rules from packing to the last refund; every step is one row of `orders.states`' table."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from transactional.errors import ShopProblem
from transactional.fulfilment.amounts import is_whole, refund_cents
from transactional.fulfilment.models import Refund, Return, Shipment
from transactional.fulfilment.repository import FulfilmentRepository, paid_lines
from transactional.orders.cancelling import Cancellation, cancel
from transactional.orders.models import Order
from transactional.orders.service import UnknownOrderProblem
from transactional.orders.states import Status, check_transition
from transactional.stock.levels import tell_levels

RETURNED_WITHIN = dt.timedelta(days=30)
"""How long after its last change, the delivery, an order may be sent back."""
BY_OPS = Cancellation(("pending", "confirmed", "processing"), actor="ops", note="cancelled")


class UnknownShipmentProblem(ShopProblem):
    """The order has no such shipment."""

    type, title, status = "/problems/unknown-shipment", "Unknown shipment", 404


class UnknownReturnProblem(ShopProblem):
    """The order has no such return."""

    type, title, status = "/problems/unknown-return", "Unknown return", 404


class ShipmentStateProblem(ShopProblem):
    """The shipment is somewhere else already."""

    type, title, status = "/problems/shipment-state", "Not possible in this state", 409


class ReturnProblem(ShopProblem):
    """These units cannot come back, or not in this way."""

    type, title, status = "/problems/return-not-possible", "Return not possible", 409


class RefundProblem(ShopProblem):
    """More money than was paid would go back."""

    type, title, status = "/problems/refund-not-possible", "Refund not possible", 409


@dataclass(frozen=True)
class FulfilmentService:
    """What the shop's people do with an order, and what a customer sends back.

    `actor` is as what somebody acts, for the order's history; `actor_id` who it is, for the ledgers.
    """

    fulfilment: FulfilmentRepository
    actor_id: int
    now: Callable[[], dt.datetime]
    actor: Literal["customer", "ops", "seller"] = "ops"

    async def pack(self, order_id: int) -> Order:
        """Begin to pack an order: a shipment for each seller and warehouse.

        Raises
        ------
        UnknownOrderProblem, TransitionProblem
            If there is no such order, or it is not confirmed.
        """
        order = await self._locked(order_id)
        check_transition(order_id, order.status, "processing")
        await self.fulfilment.pack(order_id, self.now())
        return await self._change(order, "processing", None)

    async def ship(self, order_id: int, number: int, carrier: str, tracking: str) -> Order:
        """Hand a shipment to the carrier: its units leave the stock, the money is taken.

        The order is shipped with the last of its shipments.

        Raises
        ------
        UnknownOrderProblem, UnknownShipmentProblem, ShipmentStateProblem
            If there is no such shipment, or it has left.
        """
        order, shipments = await self._shipments(order_id, number, "packing")
        now = self.now()
        await self.fulfilment.ship(shipments[number], carrier, tracking, self.actor_id, now)
        others = [each for each in shipments.values() if each.number != number]
        if all(each.status != "packing" for each in others):
            return await self._change(order, "shipped", f"{carrier} {tracking}")
        return order

    async def deliver(self, order_id: int, number: int) -> Order:
        """Note that a shipment arrived; the order is delivered with the last one.

        Raises
        ------
        UnknownOrderProblem, UnknownShipmentProblem, ShipmentStateProblem
            If there is no such shipment, or it is not on its way.
        """
        order, shipments = await self._shipments(order_id, number, "shipped")
        await self.fulfilment.deliver(shipments[number], self.now())
        others = [each for each in shipments.values() if each.number != number]
        if order.status == "shipped" and all(each.status == "delivered" for each in others):
            return await self._change(order, "delivered", None)
        return order

    async def cancel(self, order_id: int) -> Order:
        """Cancel an order of which nothing has left.

        Raises
        ------
        UnknownOrderProblem, TransitionProblem, ShipmentStateProblem
            If there is none, it is too late, or a shipment has left.
        """
        order = await self._locked(order_id)
        check_transition(order_id, order.status, "cancelled")
        if any(each.status != "packing" for each in await self.fulfilment.shipments(order_id)):
            raise ShipmentStateProblem(
                f"A part of order {order_id} has left. Ship the rest, or take it back as a return."
            )
        connection = await self.fulfilment.session.connection()
        await cancel(connection, [order_id], BY_OPS, self.now())
        return await self._locked(order_id)

    async def ask_return(
        self, order_id: int, customer_id: int, quantities: Mapping[int, int], reason: str
    ) -> Return:
        """Announce units by line number that a customer sends back.

        Raises
        ------
        UnknownOrderProblem
            If the customer has no such order.
        ReturnProblem
            If it is not with the customer, too long ago, or more units than are left to return.
        """
        order = await self._locked(order_id)
        if order.customer_id != customer_id:
            raise UnknownOrderProblem(order_id)
        await self._check_returnable(order, quantities)
        number = await self.fulfilment.ask_return(order_id, quantities, reason, self.now())
        return (await self.fulfilment.returns(order_id))[number - 1]

    async def receive_return(self, order_id: int, number: int, *, restock: bool) -> Return:
        """Take returned units in, put them back on the shelf if they are as new, owe the refund.

        Raises
        ------
        UnknownOrderProblem, UnknownReturnProblem, ReturnProblem
            If there is no such return, or it has ended.
        """
        order, what = await self._open_return(order_id, number)
        lines, now = paid_lines(order), self.now()
        before = await self.fulfilment.returned(order_id, ["received"])
        coming = {line.line_number: line.quantity for line in what.lines}
        cents = refund_cents(lines, order.total_cents, before, coming)
        # What was given back out of goodwill is not given twice.
        cents = min(cents, order.total_cents - await self.fulfilment.owed_cents(order_id))
        await self.fulfilment.end_return(what, "received", cents, now)
        if restock:
            places = await self.fulfilment.restock(what, self.actor_id, now)
            connection = await self.fulfilment.session.connection()
            await tell_levels(connection, places, "returned", now)
        if cents:
            await self.fulfilment.owe(order_id, cents, f"return {number}", now)
        after = {n: before.get(n, 0) + coming.get(n, 0) for n in before.keys() | coming.keys()}
        if is_whole(lines, after):
            await self._change(order, "returned", f"return {number}")
        return (await self.fulfilment.returns(order_id))[number - 1]

    async def refuse_return(self, order_id: int, number: int) -> Return:
        """End a return without a refund; its units may be announced again.

        Raises
        ------
        UnknownOrderProblem, UnknownReturnProblem, ReturnProblem
            If there is no such return, or it has ended.
        """
        _, what = await self._open_return(order_id, number)
        await self.fulfilment.end_return(what, "refused", None, self.now())
        return (await self.fulfilment.returns(order_id))[number - 1]

    async def refund(self, order_id: int, cents: int, reason: str) -> Sequence[Refund]:
        """Give a part of the money back without anything coming back.

        Raises
        ------
        UnknownOrderProblem, RefundProblem
            If there is no such order, nothing of it was shipped, or less money is left.
        """
        order = await self._locked(order_id)
        if order.status not in ("shipped", "delivered", "processing"):
            raise RefundProblem(f"Order {order_id} is {order.status}: no money of it is taken.")
        left = order.total_cents - await self.fulfilment.owed_cents(order_id)
        if cents > left:
            raise RefundProblem(
                f"Of order {order_id}, {left} cents are left to give back.", left_cents=left
            )
        await self.fulfilment.owe(order_id, cents, reason, self.now())
        return await self.fulfilment.refunds(order_id)

    async def _locked(self, order_id: int) -> Order:
        order = await self.fulfilment.locked(order_id)
        if order is None:
            raise UnknownOrderProblem(order_id)
        return order

    async def _change(self, order: Order, to_status: Status, note: str | None) -> Order:
        await self.fulfilment.change_status(order, to_status, self.actor, note, self.now())
        return await self._locked(order.order_id)

    async def _shipments(
        self, order_id: int, number: int, status: str
    ) -> tuple[Order, dict[int, Shipment]]:
        order = await self._locked(order_id)
        shipments = {each.number: each for each in await self.fulfilment.shipments(order_id)}
        if number not in shipments:
            raise UnknownShipmentProblem(f"Order {order_id} has no shipment {number}.")
        if shipments[number].status != status or order.status == "cancelled":
            raise ShipmentStateProblem(
                f"Shipment {number} of order {order_id} ({order.status}) is"
                f" {shipments[number].status}; it would have to be {status}."
            )
        return order, shipments

    async def _open_return(self, order_id: int, number: int) -> tuple[Order, Return]:
        order = await self._locked(order_id)
        found = {each.number: each for each in await self.fulfilment.returns(order_id)}
        if number not in found:
            raise UnknownReturnProblem(f"Order {order_id} has no return {number}.")
        if found[number].status != "requested":
            raise ReturnProblem(f"Return {number} is {found[number].status} already.")
        return order, found[number]

    async def _check_returnable(self, order: Order, quantities: Mapping[int, int]) -> None:
        if order.status not in ("shipped", "delivered"):
            raise ReturnProblem(f"Order {order.order_id} is {order.status}: nothing can come back.")
        shipments = await self.fulfilment.shipments(order.order_id)
        arrived_at = max(each.updated_at for each in shipments)
        if self.now() - arrived_at > RETURNED_WITHIN:
            raise ReturnProblem(f"Order {order.order_id} came more than 30 days ago.")
        announced = await self.fulfilment.returned(order.order_id, ["requested", "received"])
        bought = {line.line_number: line.quantity for line in order.lines}
        for line_number, quantity in quantities.items():
            left = bought.get(line_number, 0) - announced.get(line_number, 0)
            if quantity > left:
                raise ReturnProblem(
                    f"Of line {line_number}, {left} units are left to return.",
                    line_number=line_number,
                    n_left=left,
                )
