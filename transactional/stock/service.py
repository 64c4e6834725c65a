"""The rules of stock movements that are no order's."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from transactional.errors import (
    OutOfStockProblem,
    ShopProblem,
    StaleVersionProblem,
    UnknownProductProblem,
)
from transactional.stock.levels import LevelReason, tell_levels
from transactional.stock.models import Stock
from transactional.stock.repository import Move, StockRepository


class UnknownWarehouseProblem(ShopProblem):
    """No such warehouse, or none is open."""

    type, title, status = "/problems/unknown-warehouse", "Unknown warehouse", 404


@dataclass(frozen=True)
class StockService:
    """Moves units in and out; the log of levels is written in the same transaction."""

    stock: StockRepository
    now: Callable[[], dt.datetime]

    async def rows(self, product_id: int) -> Sequence[Stock]:
        """Return a product's units by warehouse."""
        return await self.stock.rows(product_id)

    async def move(self, move: Move) -> int:
        """Move units and return how many of the product can be sold then, anywhere.

        Raises
        ------
        UnknownProductProblem
            If there is no such product.
        OutOfStockProblem
            If more would be taken out than lies there unreserved.
        StaleVersionProblem
            If the row has another version than the one that was read.
        """
        now = self.now()
        await self.stock.open(move.product_id, move.warehouse_id, now)
        await self.stock.lock(move.product_id)
        if not await self.stock.move(move, now):
            await self._refuse(move)
        if not await self.stock.is_draft(move.product_id):
            connection = await self.stock.session.connection()
            reason: LevelReason = "received" if move.reason == "received" else "corrected"
            await tell_levels(connection, [(move.product_id, move.warehouse_id)], reason, now)
        return await self.stock.n_available(move.product_id) or 0

    async def warehouse(self, warehouse_id: int | None) -> int:
        """Return the warehouse of an id, or the first open one.

        Raises
        ------
        UnknownWarehouseProblem
            If there is none.
        """
        found = await self.stock.warehouse(warehouse_id)
        if found is None:
            raise UnknownWarehouseProblem(
                "There is no such warehouse; GET /api/v1/stock/warehouses lists them."
            )
        return found

    async def _refuse(self, move: Move) -> None:
        rows = {row.warehouse_id: row for row in await self.stock.rows(move.product_id)}
        if move.warehouse_id not in rows:
            raise UnknownProductProblem(move.product_id)
        row = rows[move.warehouse_id]
        if move.version is not None and move.version != row.version:
            raise StaleVersionProblem("stock", row.version)
        left = row.n_on_hand - row.n_reserved
        raise OutOfStockProblem(move.product_id, wanted=-move.delta, left=left)
