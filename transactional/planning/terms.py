"""Supply terms as operators read and set them."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from transactional.errors import ShopProblem, StaleVersionProblem
from transactional.planning.models import SupplyTerms
from transactional.stock.purchasing import Purchasing


class UnknownTermsProblem(ShopProblem):
    """Nobody said on what terms the product is bought."""

    type, title, status = "/problems/unknown-supply-terms", "Unknown supply terms", 404

    def __init__(self, product_id: int) -> None:
        super().__init__(
            f"Product {product_id} has no supply terms; PUT them.", product_id=product_id
        )


@dataclass(frozen=True)
class TermsDesk:
    """All supply terms, inside the request's transaction."""

    session: AsyncSession
    purchasing: Purchasing
    actor_id: int
    now: Callable[[], dt.datetime]

    async def page(self, supplier: str | None, after: int, limit: int) -> Sequence[SupplyTerms]:
        """Return terms of products above `after`: all, or a supplier's."""
        query = select(SupplyTerms).where(SupplyTerms.product_id > after)
        if supplier is not None:
            query = query.where(SupplyTerms.supplier == supplier)
        found = query.order_by(SupplyTerms.product_id).limit(limit)
        return (await self.session.scalars(found)).all()

    async def read(self, product_id: int) -> SupplyTerms:
        """Return a product's terms, locked.

        Raises
        ------
        UnknownTermsProblem
            If it has none.
        """
        found = await self.session.get(SupplyTerms, product_id, with_for_update=True)
        if found is None:
            raise UnknownTermsProblem(product_id)
        return found

    async def put(self, wanted: Sequence[Mapping[str, Any]], version: int | None) -> SupplyTerms:
        """Set terms, each with its `product_id`; return the last of them.

        Raises
        ------
        UnknownProductProblem
            If there is no such product.
        StaleVersionProblem
            If they have another version than the one that was read; None is any, 0 is none yet.
        """
        product_ids = [each["product_id"] for each in wanted]
        await self.purchasing.check_products(product_ids)
        rows = await self._locked(product_ids)
        for values in sorted(wanted, key=lambda each: each["product_id"]):
            row = rows.get(values["product_id"])
            _check_version(row, version)
            made = row or SupplyTerms(product_id=values["product_id"], version=0)
            self._change(made, values)
            self.session.add(made)
            rows[made.product_id] = made
        await self.session.flush()
        return rows[product_ids[-1]]

    async def remove(self, product_id: int, version: int | None) -> None:
        """Plan the product no more.

        Raises
        ------
        UnknownTermsProblem, StaleVersionProblem
            If it has no terms, or of another version.
        """
        row = await self.read(product_id)
        _check_version(row, version)
        await self.session.delete(row)

    async def _locked(self, product_ids: Sequence[int]) -> dict[int, SupplyTerms]:
        query = select(SupplyTerms).where(SupplyTerms.product_id.in_(product_ids))
        found = await self.session.scalars(query.order_by(SupplyTerms.product_id).with_for_update())
        return {row.product_id: row for row in found}

    def _change(self, row: SupplyTerms, values: Mapping[str, Any]) -> None:
        for name, value in values.items():
            setattr(row, name, value)
        row.version += 1
        row.changed_by, row.changed_at = self.actor_id, self.now()


def _check_version(row: SupplyTerms | None, version: int | None) -> None:
    found = row.version if row else 0
    if version is not None and version != found:
        raise StaleVersionProblem("terms", found)
