"""Reading, following and cancelling the orders of one customer."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from transactional.errors import ShopProblem
from transactional.orders.cancelling import Cancellation, cancel
from transactional.orders.models import Order, OrderChange
from transactional.orders.repository import OrderRepository
from transactional.orders.states import check_transition


class UnknownOrderProblem(ShopProblem):
    """No such order of this customer; another's looks the same."""

    type, title, status = "/problems/unknown-order", "Unknown order", 404

    def __init__(self, order_id: int) -> None:
        super().__init__(f"You have no order {order_id}.")


class TooLateToCancelProblem(ShopProblem):
    """The shop is packing the order already."""

    type, title, status = "/problems/too-late-to-cancel", "Too late to cancel", 409

    def __init__(self, order_id: int, current: str) -> None:
        super().__init__(
            f"Order {order_id} is {current}. Ask the shop, or send it back when it comes."
        )


BY_CUSTOMER = Cancellation(("pending", "confirmed"), actor="customer", note="cancelled")


@dataclass(frozen=True)
class OrderService:
    """What a customer may do with an order that is placed."""

    orders: OrderRepository
    now: Callable[[], dt.datetime]

    async def read(self, order_id: int, customer_id: int) -> Order:
        """Return the customer's order.

        Raises
        ------
        UnknownOrderProblem
            If the customer has no such order.
        """
        order = await self.orders.of_customer(order_id, customer_id)
        if order is None:
            raise UnknownOrderProblem(order_id)
        return order

    async def history(self, order_id: int, customer_id: int) -> Sequence[OrderChange]:
        """Return what became of the customer's order, oldest first."""
        await self.read(order_id, customer_id)
        return await self.orders.history(order_id)

    async def cancel(self, order_id: int, customer_id: int) -> Order:
        """Release an order's units and let its money go.

        Raises
        ------
        UnknownOrderProblem
            If the customer has no such order.
        TransitionProblem, TooLateToCancelProblem
            If it is cancelled already, or being packed.
        """
        order = await self.read(order_id, customer_id)
        connection = await self.orders.session.connection()
        if order_id not in await cancel(connection, [order_id], BY_CUSTOMER, self.now()):
            order = await self.orders.refreshed(order)
            check_transition(order_id, order.status, "cancelled")
            raise TooLateToCancelProblem(order_id, order.status)
        return await self.orders.refreshed(order)
