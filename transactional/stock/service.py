"""The rules of stock movements that are no sale."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from features.schemas.logs import StockLevel
from transactional.errors import OutOfStockProblem, UnknownProductProblem
from transactional.outbox.repository import record
from transactional.stock.repository import StockRepository

Reason = Literal["received", "sold", "returned", "corrected", "opening"]


def stock_level(
    product_id: int, n_available: int, reason: Reason, now: dt.datetime, event_id: str
) -> StockLevel:
    """Return the log row that tells of a movement at `now`."""
    return StockLevel(
        event_id=event_id,
        occurred_at=now,
        recorded_at=now,
        date=now.date(),
        product_id=product_id,
        n_available=n_available,
        reason=reason,
    )


@dataclass(frozen=True)
class StockService:
    """Moves units in and out; each movement is logged in the same transaction."""

    stock: StockRepository
    now: Callable[[], dt.datetime]
    new_event_id: Callable[[], str]

    async def move(self, product_id: int, delta: int, reason: Reason) -> StockLevel:
        """Add `delta` units (negative: take out) and return the new level.

        Raises
        ------
        UnknownProductProblem
            If there is no such product.
        OutOfStockProblem
            If more would be taken out than there is.
        """
        now = self.now()
        await self.stock.open(product_id, now)
        left = await self.stock.change(product_id, delta, now)
        if left is None:
            left = await self.stock.n_available(product_id)
            if left is None:
                raise UnknownProductProblem(product_id)
            raise OutOfStockProblem(product_id, wanted=-delta, left=left)
        level = stock_level(product_id, left, reason, now, self.new_event_id())
        await record(self.stock.session, [level])
        return level
