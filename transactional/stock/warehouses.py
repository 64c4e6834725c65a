"""Warehouses, and moving units from one to another."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from transactional.errors import OutOfStockProblem, ShopProblem
from transactional.outbox.catalogue import tell_everything
from transactional.stock.levels import tell_levels
from transactional.stock.models import Warehouse
from transactional.stock.repository import Move
from transactional.stock.service import StockService, UnknownWarehouseProblem


class WarehouseNameProblem(ShopProblem):
    """Another warehouse has that name."""

    type, title, status = "/problems/warehouse-name-taken", "Name taken", 409


@dataclass(frozen=True)
class Warehouses:
    """All warehouses, inside the request's transaction."""

    session: AsyncSession
    stock: StockService
    actor_id: int
    now: Callable[[], dt.datetime]

    async def all(self) -> Sequence[Warehouse]:
        """Return them by id."""
        return (
            await self.session.scalars(select(Warehouse).order_by(Warehouse.warehouse_id))
        ).all()

    async def change(self, warehouse_id: int | None, values: Mapping[str, object]) -> Warehouse:
        """Make a warehouse (None), or change one.

        Raises
        ------
        UnknownWarehouseProblem, WarehouseNameProblem
            If there is none of that id, or another one of that name.
        """
        warehouse = await self.session.get(Warehouse, warehouse_id) if warehouse_id else Warehouse()
        if warehouse is None:
            raise UnknownWarehouseProblem(f"There is no warehouse {warehouse_id}.")
        before = (warehouse.name, warehouse.is_open)
        for name, value in values.items():
            setattr(warehouse, name, value)
        try:
            async with self.session.begin_nested():
                self.session.add(warehouse)
        except IntegrityError as error:
            raise WarehouseNameProblem("Another warehouse has this name.") from error
        if (warehouse.name, warehouse.is_open) != before:  # products' pages say what lies where
            await tell_everything(self.session)
        return warehouse

    async def transfer(self, product_id: int, from_id: int, to_id: int, quantity: int) -> None:
        """Move units that are promised to nobody from one warehouse to another.

        Raises
        ------
        UnknownWarehouseProblem, UnknownProductProblem, OutOfStockProblem
            If there is no such warehouse or product, or fewer units lie there free.
        """
        for warehouse_id in (from_id, to_id):
            await self.stock.warehouse(warehouse_id)
        now = self.now()
        await self.stock.stock.open(product_id, to_id, now)
        await self.stock.stock.lock(product_id)
        for warehouse_id, delta in ((from_id, -quantity), (to_id, quantity)):
            move = Move(product_id, warehouse_id, delta, "moved", self.actor_id)
            if not await self.stock.stock.move(move, now):
                left = await self.stock.stock.n_free(product_id, warehouse_id)
                raise OutOfStockProblem(product_id, wanted=quantity, left=left)
        if not await self.stock.stock.is_draft(product_id):
            connection = await self.session.connection()
            places = [(product_id, from_id), (product_id, to_id)]
            await tell_levels(connection, places, "corrected", now)
