"""What a product is now: the one message between the shop and serving about what is newer than the index."""

import datetime as dt
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from features.schemas.row import Id

LIVE_PRODUCTS = "live:products"
"""Where in Redis products lie that changed lately: a hash, product id -> JSON of `LiveProduct`."""
LIVE_CHANGES = "live:changes"
"""The stream that tells of each change of the hash; fields `n` (counts all entries) and `product` (JSON)."""
LIVE_COUNT = "live:n-changes"
"""How many entries the stream ever had."""

KEPT = dt.timedelta(days=14)
"""How long a change is kept: an index older than that has missed some."""


class Listed(BaseModel):
    """What shoppers see of a published product."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: str
    description: str
    category_id: Id | None
    category_path: str | None
    brand: str | None
    seller_id: Id | None
    price_cents: int
    attributes: Annotated[str, Field(description="JSON object of strings")]
    in_stock: Annotated[bool | None, Field(description="null where no stock level was ever told")]


class LiveProduct(BaseModel):
    """A product as it is from `changed_at` on; without `listed` shoppers must not see it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    product_id: Id
    listed: Listed | None
    changed_at: AwareDatetime
