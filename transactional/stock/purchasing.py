"""The rules of ordering from suppliers and taking in what they send."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from transactional.errors import ShopProblem, UnknownProductProblem
from transactional.stock.models import PurchaseOrder, PurchaseOrderLine, Receipt
from transactional.stock.repository import Move
from transactional.stock.service import StockService

KNOWN_PRODUCTS = text("""
select product_id from products where product_id = any(cast(:product_ids as bigint[]))
""")


class UnknownPurchaseOrderProblem(ShopProblem):
    """No such purchase order."""

    type, title, status = "/problems/unknown-purchase-order", "Unknown purchase order", 404


class PurchaseOrderStateProblem(ShopProblem):
    """Nothing more is expected of the purchase order."""

    type, title, status = "/problems/purchase-order-state", "Not possible in this state", 409


class ReceiptProblem(ShopProblem):
    """More came than was ordered, or the delivery note stands for another delivery."""

    type, title, status = "/problems/receipt-not-possible", "Receipt not possible", 409


@dataclass(frozen=True, slots=True)
class WantedUnits:
    """Units of a product to be ordered, and what one costs, if that is known."""

    product_id: int
    quantity: int
    unit_cost_cents: int | None


@dataclass(frozen=True)
class Purchasing:
    """Purchase orders, inside the request's transaction."""

    session: AsyncSession
    stock: StockService
    actor_id: int
    now: Callable[[], dt.datetime]

    async def order(
        self,
        supplier: str,
        warehouse_id: int | None,
        expected_on: dt.date | None,
        wanted: Sequence[WantedUnits],
    ) -> PurchaseOrder:
        """Note what was ordered, for a warehouse or the first open one.

        Raises
        ------
        UnknownWarehouseProblem, UnknownProductProblem
            If there is no such warehouse or product.
        """
        into = await self.stock.warehouse(warehouse_id)
        await self.check_products([each.product_id for each in wanted])
        made = PurchaseOrder(
            supplier=supplier,
            warehouse_id=into,
            status="open",
            version=1,
            expected_on=expected_on,
            created_at=self.now(),
            created_by=self.actor_id,
            lines=[_line(number, each) for number, each in enumerate(wanted, start=1)],
        )
        self.session.add(made)
        await self.session.flush()
        return made

    async def page(self, status: str, after: int, limit: int) -> Sequence[PurchaseOrder]:
        """Return purchase orders of a status with ids above `after`, the oldest first."""
        query = select(PurchaseOrder).where(
            PurchaseOrder.status == status, PurchaseOrder.purchase_order_id > after
        )
        found = query.order_by(PurchaseOrder.purchase_order_id).limit(limit)
        return (await self.session.scalars(found)).all()

    async def read(self, purchase_order_id: int) -> PurchaseOrder:
        """Return a purchase order, locked.

        Raises
        ------
        UnknownPurchaseOrderProblem
            If there is none.
        """
        query = select(PurchaseOrder).where(PurchaseOrder.purchase_order_id == purchase_order_id)
        found = await self.session.scalar(query.with_for_update())
        if found is None:
            raise UnknownPurchaseOrderProblem(f"There is no purchase order {purchase_order_id}.")
        return found

    async def receive(
        self, purchase_order_id: int, delivery_note: str, quantities: Mapping[int, int]
    ) -> PurchaseOrder:
        """Take in units by line number; the same delivery note twice takes them in once.

        Raises
        ------
        UnknownPurchaseOrderProblem, PurchaseOrderStateProblem
            If there is none, or it is ended.
        ReceiptProblem
            If more came than was ordered, or the note came with other units before.
        """
        order = await self.read(purchase_order_id)
        if await self._received_before(purchase_order_id, delivery_note, quantities):
            return order
        self._check_open(order)
        lines = {line.line_number: line for line in order.lines}
        for line_number, quantity in quantities.items():
            _check_left(lines.get(line_number), line_number, quantity)
            lines[line_number].n_received += quantity
        for line in sorted(lines.values(), key=lambda line: line.product_id):
            if line.line_number in quantities:
                await self._take_in(order, line.product_id, quantities[line.line_number])
        order.version += 1
        if all(line.n_received == line.n_ordered for line in order.lines):
            order.status, order.ended_at = "received", self.now()
        return order

    async def close(self, purchase_order_id: int) -> PurchaseOrder:
        """Expect nothing more of a purchase order.

        Raises
        ------
        UnknownPurchaseOrderProblem, PurchaseOrderStateProblem
            If there is none, or it is ended.
        """
        order = await self.read(purchase_order_id)
        self._check_open(order)
        order.status, order.ended_at = "closed", self.now()
        order.version += 1
        return order

    async def _take_in(self, order: PurchaseOrder, product_id: int, quantity: int) -> None:
        move = Move(
            product_id,
            order.warehouse_id,
            quantity,
            "received",
            self.actor_id,
            purchase_order_id=order.purchase_order_id,
        )
        await self.stock.move(move)

    async def _received_before(
        self, purchase_order_id: int, delivery_note: str, quantities: Mapping[int, int]
    ) -> bool:
        kept = {str(line_number): n for line_number, n in quantities.items()}
        earlier = await self.session.get(Receipt, (purchase_order_id, delivery_note))
        if earlier is not None and earlier.quantities != kept:
            raise ReceiptProblem(
                f"Delivery note {delivery_note} was taken in with other units. Correct them by a"
                " stock movement, or give this delivery a note of its own."
            )
        if earlier is None:
            self.session.add(
                Receipt(
                    purchase_order_id=purchase_order_id,
                    delivery_note=delivery_note,
                    quantities=kept,
                    received_at=self.now(),
                    actor_id=self.actor_id,
                )
            )
        return earlier is not None

    async def check_products(self, product_ids: Sequence[int]) -> None:
        """Raise an UnknownProductProblem for the first of them that the catalogue lacks."""
        values = {"product_ids": list(product_ids)}
        known = set((await self.session.scalars(KNOWN_PRODUCTS, values)).all())
        for product_id in product_ids:
            if product_id not in known:
                raise UnknownProductProblem(product_id)

    def _check_open(self, order: PurchaseOrder) -> None:
        if order.status == "draft":
            raise PurchaseOrderStateProblem(
                f"Purchase order {order.purchase_order_id} is a draft. Approve it first."
            )
        if order.status != "open":
            raise PurchaseOrderStateProblem(
                f"Purchase order {order.purchase_order_id} is {order.status}. Make a new one, or"
                " take the units in by a stock movement."
            )


def _line(line_number: int, wanted: WantedUnits) -> PurchaseOrderLine:
    return PurchaseOrderLine(
        line_number=line_number,
        product_id=wanted.product_id,
        n_ordered=wanted.quantity,
        n_received=0,
        unit_cost_cents=wanted.unit_cost_cents,
    )


def _check_left(line: PurchaseOrderLine | None, line_number: int, quantity: int) -> None:
    left = line.n_ordered - line.n_received if line else 0
    if quantity > left:
        raise ReceiptProblem(
            f"Of line {line_number}, {left} units are still expected. Take in those, and what came"
            " beyond by a stock movement.",
            line_number=line_number,
            n_left=left,
        )
