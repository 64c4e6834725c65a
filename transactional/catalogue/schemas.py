"""What the product endpoints take and return."""

import datetime as dt
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, Field, model_validator

from features.schemas.row import Id
from transactional.catalogue.states import Status
from transactional.fields import RequestBody, Text

Title = Annotated[Text, Field(min_length=1, max_length=300)]
Description = Annotated[Text, Field(max_length=20_000)]
Brand = Annotated[Text, Field(min_length=1, max_length=120)]
Code = Annotated[Text, Field(min_length=1, max_length=80, description="the seller's own")]
PriceCents = Annotated[int, Field(ge=1, le=10**9)]
AttributeName = Annotated[Text, Field(min_length=1, max_length=60)]
AttributeValue = Annotated[Text, Field(max_length=500)]
Attributes = Annotated[dict[AttributeName, AttributeValue], Field(max_length=50)]


class NewProduct(RequestBody):
    """A listing to make; it is a draft until it is published."""

    title: Title
    price_cents: PriceCents
    description: Description = ""
    category_id: Id | None = None
    brand: Brand | None = None
    attributes: Attributes = Field(default_factory=dict)
    external_id: Code | None = None
    group_id: Annotated[Id | None, Field(description="whose variant it is")] = None
    seller_id: Annotated[Id | None, Field(description="for operators; null: the shop's own")] = None

    def values(self) -> dict[str, object]:
        """Return the product's fields."""
        return self.model_dump(exclude={"seller_id"})


class ProductChange(RequestBody):
    """What to change; a field left out stays. `attributes` replaces them all.

    Null takes away category, brand, code or group; the others cannot be without a value.
    """

    title: Title | None = None
    description: Description | None = None
    category_id: Id | None = None
    brand: Brand | None = None
    price_cents: PriceCents | None = None
    attributes: Attributes | None = None
    external_id: Code | None = None
    group_id: Id | None = None
    status: Literal["published", "archived"] | None = None

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("give at least one field to change")
        for name in sorted(self.model_fields_set - NULLABLE):
            if getattr(self, name) is None:
                raise ValueError(f"{name} cannot be null: leave it out to keep it")
        return self

    def values(self) -> dict[str, object]:
        """Return the fields to change and their new values."""
        return self.model_dump(exclude_unset=True)


NULLABLE = frozenset(("category_id", "brand", "external_id", "group_id"))


def _distinct(axes: list[str]) -> list[str]:
    if len(set(axes)) < len(axes):
        raise ValueError("name each axis once")
    return axes


class NewGroup(RequestBody):
    """Variants of one thing, and the attributes in which they differ."""

    title: Title
    axes: Annotated[
        list[AttributeName], Field(min_length=1, max_length=4), AfterValidator(_distinct)
    ]
    seller_id: Annotated[Id | None, Field(description="for operators")] = None


class GroupView(BaseModel):
    """A group of variants."""

    group_id: int
    seller_id: int | None
    title: str
    axes: list[str]


class GroupPage(BaseModel):
    """Groups of variants by id; `next_cursor` is null on the last page."""

    groups: list[GroupView]
    next_cursor: str | None


class VariantView(BaseModel):
    """Another variant of the same thing, for sale."""

    product_id: int
    axes: Annotated[dict[str, str], Field(description="its value on each axis")]
    price_cents: int
    n_available: int


class ImageView(BaseModel):
    """A picture; GET /api/v1/catalogue/images/{sha256} sends it."""

    sha256: str
    media_type: str
    width: int
    height: int
    alt: str


class ProductView(BaseModel):
    """A product as it can be bought now."""

    product_id: int
    external_id: str | None
    title: str
    description: str
    category_id: int | None
    category_path: str | None
    brand: str | None
    seller_id: int | None
    price_cents: int
    prior_price_cents: Annotated[
        int | None,
        Field(
            description="while the price is a reduction: the lowest of the 30 days before it "
            "(Directive 98/6/EC, article 6a)"
        ),
    ]
    currency: str
    attributes: dict[str, str]
    status: Status
    version: Annotated[int, Field(description="for If-Match; the answer's ETag begins with it")]
    group_id: int | None
    variants: list[VariantView]
    images: list[ImageView]
    n_available: Annotated[int, Field(description="units that can be sold now")]
    updated_at: dt.datetime


class Products(BaseModel):
    """Products in the order they were asked for; drafts and what is not there are left out."""

    products: list[ProductView]
    unread_ids: Annotated[
        list[int], Field(description="cannot be read now, because the shop's database is away")
    ]


class PlaceView(BaseModel):
    """Units of a product in an open warehouse."""

    warehouse_id: int
    name: str
    n_available: Annotated[int, Field(description="units that can be sold now")]


class ProductPlaces(BaseModel):
    """Where a product lies, by the warehouses' names."""

    product_id: int
    places: list[PlaceView]


class Listing(BaseModel):
    """A product in a list."""

    product_id: int
    external_id: str | None
    title: str
    category_id: int | None
    brand: str | None
    seller_id: int | None
    group_id: int | None
    price_cents: int
    status: Status
    version: int
    image_sha256: Annotated[str | None, Field(description="of its first picture")]
    updated_at: dt.datetime


class ListingPage(BaseModel):
    """Products by id; `next_cursor` is null on the last page."""

    products: list[Listing]
    currency: str
    next_cursor: str | None


class PriceView(BaseModel):
    """A price, from when on it was asked."""

    price_cents: int
    changed_at: dt.datetime


class PricePage(BaseModel):
    """A product's prices, newest first; `next_cursor` is null on the last page."""

    prices: list[PriceView]
    currency: str
    next_cursor: str | None
