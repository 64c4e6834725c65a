"""What an order would cost now, line by line, without placing it: nothing is held or taken."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine

from transactional.database import direct_transaction
from transactional.orders.decisions import Accepted, Wish, decide
from transactional.orders.shelf import read_shelf
from transactional.orders.tariffs import read_tariffs


@dataclass(frozen=True)
class Quoting:
    """Decides a wish as a checkout would, and forgets it; locks are held while it reads alone."""

    engine: AsyncEngine
    now: Callable[[], dt.datetime]

    async def __call__(self, wish: Wish) -> Accepted:
        """Return what would be accepted.

        Raises
        ------
        ShopProblem
            What would be in the way of the order.
        """
        now = self.now()
        async with direct_transaction(self.engine) as connection:
            shelf = await read_shelf(connection, [wish], await read_tariffs(connection), now)
        return decide(wish, shelf, now)
