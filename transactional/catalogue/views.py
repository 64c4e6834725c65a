"""A product as it is shown."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row

from transactional.catalogue.models import Product
from transactional.catalogue.prices import PriceSince, prior_price_cents
from transactional.catalogue.repository import CatalogueRepository
from transactional.catalogue.schemas import ProductView, VariantView
from transactional.errors import UnknownProductProblem
from transactional.stock.repository import StockRepository


@dataclass(frozen=True)
class ProductViews:
    """Reads what is shown of a product beside its own row: two queries."""

    catalogue: CatalogueRepository
    stock: StockRepository
    currency: str

    async def of(self, product: Product) -> ProductView:
        """Return the product as it can be bought now.

        Raises
        ------
        UnknownProductProblem
            If it was deleted meanwhile.
        """
        found = await self.of_all([product])
        if not found:
            raise UnknownProductProblem(product.product_id)
        return found[0]

    async def of_all(self, products: Sequence[Product]) -> list[ProductView]:
        """Return products as they can be bought now, by two queries; what was deleted meanwhile is left out."""
        details = await self.catalogue.details([each.product_id for each in products])
        siblings = {each["product_id"] for row in details.values() for each in row.siblings}
        n_available = await self.stock.available_of([*details.keys() | siblings])
        there = [each for each in products if each.product_id in details]
        return [self._view(each, details[each.product_id], n_available) for each in there]

    def _view(
        self, product: Product, details: Row[Any], n_available: Mapping[int, int]
    ) -> ProductView:
        fields = {
            column.name: getattr(product, column.name) for column in product.__table__.columns
        }
        return ProductView(
            **fields,
            category_path=details.category_path,
            prior_price_cents=prior_price_cents([_price(*each) for each in details.prices]),
            currency=self.currency,
            variants=[_variant(each, details.axes, n_available) for each in details.siblings],
            images=details.images,
            n_available=n_available.get(product.product_id, 0),
        )


def _variant(
    sibling: Mapping[str, Any], axes: list[str], n_available: Mapping[int, int]
) -> VariantView:
    return VariantView(
        product_id=sibling["product_id"],
        axes={axis: sibling["attributes"].get(axis, "") for axis in axes},
        price_cents=sibling["price_cents"],
        n_available=n_available.get(sibling["product_id"], 0),
    )


def _price(price_cents: int, changed_at: str) -> PriceSince:
    return PriceSince(price_cents, dt.datetime.fromisoformat(changed_at))
