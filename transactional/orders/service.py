"""The rules of placing and cancelling an order."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from features.schemas import logs
from transactional.catalogue.models import Product
from transactional.catalogue.repository import CatalogueRepository
from transactional.errors import (
    NotForSaleProblem,
    OutOfStockProblem,
    ShopProblem,
    UnknownProductProblem,
)
from transactional.orders.models import Order, OrderLine
from transactional.orders.repository import OrderRepository
from transactional.outbox.repository import record
from transactional.stock.repository import StockRepository
from transactional.stock.service import stock_level


class UnknownOrderProblem(ShopProblem):
    """No such order of this customer; another's looks the same."""

    type, title, status = "/problems/unknown-order", "Unknown order", 404

    def __init__(self, order_id: int) -> None:
        super().__init__(f"You have no order {order_id}.")


class AlreadyCancelledProblem(ShopProblem):
    """The order was cancelled before."""

    type, title, status = "/problems/already-cancelled", "Already cancelled", 409


@dataclass(frozen=True)
class OrderService:
    """All of an order or none of it: rows, stock and events share the session's transaction."""

    orders: OrderRepository
    catalogue: CatalogueRepository
    stock: StockRepository
    now: Callable[[], dt.datetime]
    new_event_id: Callable[[], str]

    async def place(
        self, customer_id: int, region: str | None, quantities: Mapping[int, int], currency: str
    ) -> Order:
        """Take the units and store the order.

        Parameters
        ----------
        quantities
            Units by product id, at least one product.

        Raises
        ------
        UnknownProductProblem, NotForSaleProblem, OutOfStockProblem
            For the first product, by id, that cannot be had.
        """
        products = await self.catalogue.products(quantities)
        # Stock rows are locked in one order, whatever the cart's: two carts cannot deadlock.
        wanted = [(_for_sale(products, id_), quantities[id_]) for id_ in sorted(quantities)]
        now = self.now()
        levels = [await self._take(product, quantity, now) for product, quantity in wanted]
        order = new_order(customer_id, region, wanted, currency, now)
        await self.orders.add(order)
        await record(self.orders.session, [*self._logged(order, "sale", now), *levels])
        return order

    async def cancel(self, order_id: int, customer_id: int) -> Order:
        """Put an order's units back.

        Raises
        ------
        UnknownOrderProblem
            If the customer has no such order.
        AlreadyCancelledProblem
            If it was cancelled before.
        """
        order = await self.orders.for_update(order_id, customer_id)
        if order is None:
            raise UnknownOrderProblem(order_id)
        if order.status == "cancelled":
            raise AlreadyCancelledProblem(f"Order {order_id} is cancelled; there is no more to do.")
        now = self.now()
        order.status, order.cancelled_at = "cancelled", now
        lines = sorted(order.lines, key=lambda line: line.product_id)
        levels = [await self._put_back(line, now) for line in lines]
        await record(self.orders.session, [*self._logged(order, "return", now), *levels])
        return order

    async def _take(self, product: Product, quantity: int, now: dt.datetime) -> logs.StockLevel:
        left = await self.stock.change(product.product_id, -quantity, now)
        if left is None:
            left = await self.stock.n_available(product.product_id) or 0
            raise OutOfStockProblem(product.product_id, wanted=quantity, left=left)
        return stock_level(product.product_id, left, "sold", now, self.new_event_id())

    async def _put_back(self, line: OrderLine, now: dt.datetime) -> logs.StockLevel:
        left = await self.stock.change(line.product_id, line.quantity, now)
        if left is None:
            raise RuntimeError(f"product {line.product_id} was sold and has no stock row")
        return stock_level(line.product_id, left, "returned", now, self.new_event_id())

    def _logged(
        self, order: Order, kind: Literal["sale", "return"], now: dt.datetime
    ) -> list[logs.OrderLine]:
        return [
            logs.OrderLine(
                event_id=self.new_event_id(),
                occurred_at=now,
                recorded_at=now,
                date=now.date(),
                order_id=order.order_id,
                line_number=line.line_number,
                customer_id=order.customer_id,
                product_id=line.product_id,
                kind=kind,
                quantity=line.quantity,
                unit_price_cents=line.unit_price_cents,
                currency=order.currency,
                region=order.region,
            )
            for line in order.lines
        ]


def new_order(
    customer_id: int,
    region: str | None,
    wanted: list[tuple[Product, int]],
    currency: str,
    now: dt.datetime,
) -> Order:
    """Return a confirmed order of these products and units, at the products' prices."""
    lines = [
        OrderLine(
            line_number=line_number,
            product_id=product.product_id,
            quantity=quantity,
            unit_price_cents=product.price_cents,
        )
        for line_number, (product, quantity) in enumerate(wanted, start=1)
    ]
    return Order(
        customer_id=customer_id,
        status="confirmed",
        total_cents=sum(line.unit_price_cents * line.quantity for line in lines),
        currency=currency,
        region=region,
        placed_at=now,
        lines=lines,
    )


def _for_sale(products: Mapping[int, Product], product_id: int) -> Product:
    product = products.get(product_id)
    if product is None:
        raise UnknownProductProblem(product_id)
    if product.status != "published":
        raise NotForSaleProblem(product_id)
    return product
