"""What the catalogue endpoints take and return."""

import datetime as dt
from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field, model_validator

from transactional.fields import RequestBody, Text


class ProductView(BaseModel):
    """A product as it can be bought now."""

    product_id: int
    title: str
    description: str
    category_id: int | None
    category_path: str | None
    brand: str | None
    seller_id: int | None
    price_cents: int
    currency: str
    attributes: dict[str, str]
    status: Literal["published", "archived"]
    n_available: Annotated[int, Field(description="units that can be sold now")]
    updated_at: dt.datetime


class ProductChange(RequestBody):
    """What to change; a field left out stays."""

    title: Annotated[Text, Field(min_length=1, max_length=300)] | None = None
    price_cents: Annotated[int, Field(ge=1, le=10**9)] | None = None
    status: Literal["published", "archived"] | None = None

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.values():
            raise ValueError("give at least one of title, price_cents, status")
        return self

    def values(self) -> dict[str, str | int]:
        """Return the fields to change and their new values."""
        return self.model_dump(exclude_none=True)
