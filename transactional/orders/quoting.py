"""What an order would cost now, line by line, without placing it: nothing is held or taken."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine

from transactional.orders.decisions import Accepted, Wish, decide
from transactional.orders.shelf import read_shelf
from transactional.orders.tariffs import read_tariffs


@dataclass(frozen=True)
class Quoting:
    """Decides a wish as a checkout would, and forgets it."""

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
        async with self.engine.connect() as connection:
            shelf = await read_shelf(connection, [wish], await read_tariffs(connection), now)
            await connection.rollback()  # the locks end here, before anything is worked out
        return decide(wish, shelf, now)
