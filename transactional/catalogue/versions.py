"""The log row that tells what a product is."""

import datetime as dt
import json
from typing import Literal, cast

from features.schemas.logs import ProductVersion
from transactional.catalogue.models import Product


def product_version(
    product: Product, category_path: str | None, now: dt.datetime, event_id: str
) -> ProductVersion:
    """Return the log row that tells what the product is from `now` on; a draft has none."""
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
