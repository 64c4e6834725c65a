"""All SQL of orders."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from transactional.orders.models import Order


@dataclass(frozen=True)
class OrderRepository:
    """Reads and writes inside the request's transaction; never commits."""

    session: AsyncSession

    async def add(self, order: Order) -> None:
        """Store the order; its id is known afterwards."""
        self.session.add(order)
        await self.session.flush()

    async def of_customer(self, order_id: int, customer_id: int) -> Order | None:
        """Return the order if it is the customer's."""
        query = select(Order).where(Order.order_id == order_id, Order.customer_id == customer_id)
        return await self.session.scalar(query)

    async def for_update(self, order_id: int, customer_id: int) -> Order | None:
        """Return the customer's order, locked until the transaction ends."""
        query = select(Order).where(Order.order_id == order_id, Order.customer_id == customer_id)
        return await self.session.scalar(query.with_for_update())

    async def page(self, customer_id: int, below: int | None, limit: int) -> Sequence[Order]:
        """Return the customer's newest orders, those with ids below `below` if given."""
        query = select(Order).where(Order.customer_id == customer_id)
        if below is not None:
            query = query.where(Order.order_id < below)
        query = query.order_by(Order.order_id.desc()).limit(limit)
        return (await self.session.scalars(query)).all()
