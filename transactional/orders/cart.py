"""Between the cart and the order: what the cart holds becomes a wish, what was ordered leaves it."""

from collections.abc import Mapping
from dataclasses import dataclass

from redis.exceptions import RedisError

from transactional.carts.lines import StoredLine
from transactional.carts.repository import CartRepository, of_customer
from transactional.orders.decisions import WantedLine

Lines = Mapping[int, StoredLine]


@dataclass(frozen=True)
class OrderCart:
    """The carts that orders are made of."""

    carts: CartRepository

    async def lines(self, customer_id: int) -> Lines:
        """Return what the customer's cart holds."""
        return await self.carts.lines(of_customer(customer_id))

    async def take_out(self, customer_id: int, ordered: Lines) -> None:
        """Empty the cart of what was ordered; if Redis fails now, the order stands all the same."""
        try:
            await self.carts.take_out(of_customer(customer_id), ordered)
        except RedisError:
            return


def wanted(lines: Lines) -> tuple[WantedLine, ...]:
    """Return a cart's lines with their promised prices."""
    return tuple(
        WantedLine(product_id, line.quantity, line.shown_cents, line.locked_until)
        for product_id, line in lines.items()
    )
