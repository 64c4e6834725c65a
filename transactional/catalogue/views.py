"""A product as it is shown."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from transactional.catalogue.models import Product
from transactional.catalogue.prices import PriceSince, prior_price_cents
from transactional.catalogue.repository import CatalogueRepository
from transactional.catalogue.schemas import ProductView, VariantView
from transactional.stock.repository import StockRepository


@dataclass(frozen=True)
class ProductViews:
    """Reads what is shown of a product beside its own row: two queries."""

    catalogue: CatalogueRepository
    stock: StockRepository
    currency: str

    async def of(self, product: Product) -> ProductView:
        """Return the product as it can be bought now."""
        details = await self.catalogue.details(product)
        siblings = details.siblings
        ids = [product.product_id, *(each["product_id"] for each in siblings)]
        n_available = await self.stock.available_of(ids)
        fields = {
            column.name: getattr(product, column.name) for column in product.__table__.columns
        }
        return ProductView(
            **fields,
            category_path=details.category_path,
            prior_price_cents=prior_price_cents([_price(*each) for each in details.prices]),
            currency=self.currency,
            variants=[_variant(each, details.axes, n_available) for each in siblings],
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
