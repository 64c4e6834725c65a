"""Between the cart and the order: what the cart holds becomes a wish, what was ordered leaves it."""

from collections.abc import Mapping
from dataclasses import dataclass

from redis.exceptions import RedisError

from transactional.carts.repository import CartRepository
from transactional.orders.decisions import WantedLine, Wish


@dataclass(frozen=True)
class OrderCart:
    """The carts that orders are made of."""

    carts: CartRepository

    async def wish(
        self, customer_id: int, quantities: Mapping[int, int] | None, codes: tuple[str, ...]
    ) -> Wish:
        """Return a wish for these units by product id, or for what the customer's cart holds."""
        if quantities is None:
            quantities = await self.carts.quantities(customer_id)
        lines = tuple(WantedLine(product_id, n) for product_id, n in quantities.items())
        return Wish(customer_id, lines, codes)

    async def take_out(self, wish: Wish) -> None:
        """Empty the cart of what was ordered; if Redis fails now, the order stands all the same."""
        ordered = {line.product_id: line.quantity for line in wish.lines}
        try:
            await self.carts.take_out(wish.customer_id, ordered)
        except RedisError:
            return
