"""Reads orders; the statements that write them are beside what they do (`writing`, `settling`, ...)."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from transactional.orders.models import Order, OrderChange


@dataclass(frozen=True)
class OrderRepository:
    """Reads inside the request's transaction; never commits."""

    session: AsyncSession

    async def of_customer(self, order_id: int, customer_id: int) -> Order | None:
        """Return the order if it is the customer's."""
        query = select(Order).where(Order.order_id == order_id, Order.customer_id == customer_id)
        return await self.session.scalar(query)

    async def refreshed(self, order: Order) -> Order:
        """Return the order as it is now, after a statement changed it."""
        await self.session.refresh(order)
        for payment in order.payments:
            await self.session.refresh(payment)
        return order

    async def history(self, order_id: int) -> Sequence[OrderChange]:
        """Return what became of an order, oldest first."""
        query = select(OrderChange).where(OrderChange.order_id == order_id)
        return (await self.session.scalars(query.order_by(OrderChange.entry_id))).all()

    async def page(self, customer_id: int, below: int | None, limit: int) -> Sequence[Order]:
        """Return the customer's newest orders, those with ids below `below` if given."""
        query = select(Order).where(Order.customer_id == customer_id)
        if below is not None:
            query = query.where(Order.order_id < below)
        query = query.order_by(Order.order_id.desc()).limit(limit)
        return (await self.session.scalars(query)).all()
