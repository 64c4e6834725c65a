"""The rules of showing and changing products."""

import datetime as dt
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, cast

from features.schemas.logs import ProductVersion
from transactional.catalogue.models import Product
from transactional.catalogue.repository import CatalogueRepository
from transactional.errors import UnknownProductProblem
from transactional.outbox.repository import record


@dataclass(frozen=True)
class CatalogueService:
    """Every change leaves as a full product version in the same transaction."""

    catalogue: CatalogueRepository
    now: Callable[[], dt.datetime]
    new_event_id: Callable[[], str]

    async def change(self, product_id: int, values: Mapping[str, str | int]) -> Product:
        """Set the fields in `values` and return the product as it is then.

        Raises
        ------
        UnknownProductProblem
            If there is no such product.
        """
        product = await self.catalogue.product_for_update(product_id)
        if product is None:
            raise UnknownProductProblem(product_id)
        now = self.now()
        for name, value in values.items():
            setattr(product, name, value)
        product.updated_at = now
        path = await self.catalogue.category_path(product.category_id)
        version = product_version(product, path, now, self.new_event_id())
        await record(self.catalogue.session, [version])
        return product


def product_version(
    product: Product, category_path: str | None, now: dt.datetime, event_id: str
) -> ProductVersion:
    """Return the log row that tells what the product is from `now` on."""
    return ProductVersion(
        event_id=event_id,
        occurred_at=now,
        recorded_at=now,
        date=now.date(),
        product_id=product.product_id,
        external_id=product.external_id,
        title=product.title,
        description=product.description,
        category_id=product.category_id,
        category_path=category_path,
        brand=product.brand,
        seller_id=product.seller_id,
        price_cents=product.price_cents,
        attributes=json.dumps(product.attributes, ensure_ascii=False, sort_keys=True),
        status=cast(Literal["published", "archived"], product.status),
    )
