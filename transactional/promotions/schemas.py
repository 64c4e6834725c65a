"""What the endpoints of promotions and tariffs take and return; all sums are integer cents."""

import datetime as dt
import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Annotated, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    Field,
    model_validator,
)

from features.schemas.row import Id
from transactional.fields import Region, RequestBody, Text
from transactional.promotions.rules import Kind

DATE_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,6})?([Zz]|[+-]\d\d:\d\d)")
FIRST, LAST = dt.datetime(2000, 1, 1, tzinfo=dt.UTC), dt.datetime(2999, 1, 1, tzinfo=dt.UTC)


def _of_this_age(moment: dt.datetime) -> dt.datetime:
    if not FIRST <= moment < LAST:
        raise ValueError("name a moment from the year 2000 to 2998")
    return moment


Label = Annotated[Text, Field(min_length=1, max_length=120, description="as customers read it")]
Code = Annotated[str, Field(pattern="^[A-Za-z0-9_-]{1,40}$")]


def _from_text(value: object) -> object:
    """Read a date-time (RFC 3339): JSON has none, and a strict body takes none from text."""
    if isinstance(value, str) and DATE_TIME.fullmatch(value):
        return dt.datetime.fromisoformat(value)
    return value


Moment = Annotated[AwareDatetime, BeforeValidator(_from_text), AfterValidator(_of_this_age)]
Cents = Annotated[int, Field(ge=0, le=10**12)]
SomeCents = Annotated[int, Field(ge=1, le=10**12)]
Uses = Annotated[int, Field(ge=1, le=10**12)]
Priority = Annotated[int, Field(ge=0, le=10**6, description="lower ones apply first")]
Ids = Annotated[list[Id], Field(default_factory=list, max_length=100)]

FIELDS: dict[Kind, tuple[str, ...]] = {
    "percentage": ("percent_basis_points",),
    "amount": ("amount_cents",),
    "buy_x_get_y": ("n_buy", "n_get"),
    "free_shipping": (),
}
"""What each kind needs; the fields of the other kinds do not belong to it."""


class NewPromotion(RequestBody):
    """A promotion for lines that any of the three lists of ids names; for all if they are empty."""

    label: Label
    kind: Kind
    code: Annotated[Code | None, Field(description="null: it applies by itself")] = None
    product_ids: Ids
    category_ids: Ids
    seller_ids: Ids
    percent_basis_points: Annotated[int, Field(ge=1, le=10_000)] | None = None
    amount_cents: SomeCents | None = None
    n_buy: Annotated[int, Field(ge=1, le=100)] | None = None
    n_get: Annotated[int, Field(ge=1, le=100)] | None = None
    minimum_spend_cents: Cents = 0
    starts_at: Annotated[Moment | None, Field(description="null: now")] = None
    ends_at: Annotated[
        Moment | None, Field(description="the first moment after it; null: never")
    ] = None
    max_uses: Uses | None = None
    max_uses_per_customer: Uses | None = None
    priority: Priority = 100
    exclusive: bool = False

    @model_validator(mode="after")
    def _has_what_its_kind_needs(self) -> Self:
        of_kinds = {name for names in FIELDS.values() for name in names}
        given = {name for name in of_kinds if getattr(self, name) is not None}
        wanted = set(FIELDS[self.kind])
        if given != wanted:
            names = " and ".join(FIELDS[self.kind]) or "none of the fields of other kinds"
            raise ValueError(f"{self.kind} takes {names}, and nothing of another kind")
        return self


class PromotionChange(RequestBody):
    """What to change; what is left out stays, and null takes a bound away."""

    label: Label = ""
    ends_at: Annotated[Moment | None, Field(description="a moment that is over ends it")] = None
    max_uses: Uses | None = None
    max_uses_per_customer: Uses | None = None
    priority: Priority = 100


class PromotionView(BaseModel):
    """A promotion and how often it was used."""

    promotion_id: int
    label: str
    kind: Kind
    code: str | None
    product_ids: list[int]
    category_ids: list[int]
    seller_ids: list[int]
    percent_basis_points: int
    amount_cents: int
    n_buy: int
    n_get: int
    minimum_spend_cents: int
    starts_at: dt.datetime
    ends_at: dt.datetime | None
    max_uses: int | None
    max_uses_per_customer: int | None
    priority: int
    exclusive: bool
    n_uses: int


class PromotionPage(BaseModel):
    """Promotions, newest first; `next_cursor` is null on the last page."""

    promotions: list[PromotionView]
    next_cursor: str | None


class ShippingStep(RequestBody):
    """From so many cents of items on, shipping costs that many."""

    from_cents: Cents
    shipping_cents: Cents


def _rising_from_nothing(steps: Sequence[ShippingStep]) -> Sequence[ShippingStep]:
    starts = [step.from_cents for step in steps]
    if starts[0] != 0 or any(after <= before for before, after in pairwise(starts)):
        raise ValueError("begin with from_cents 0, and let each step begin above the one before")
    return steps


class Tariff(RequestBody):
    """What a region adds to a price; `*` is every region that has no tariff of its own."""

    region: Region
    tax_basis_points: Annotated[int, Field(ge=0, le=10_000, description="of items and shipping")]
    latitude: Annotated[float, Field(ge=-90, le=90)] | None = None
    longitude: Annotated[float, Field(ge=-180, le=180)] | None = None
    shipping_steps: Annotated[
        list[ShippingStep],
        Field(min_length=1, max_length=20),
        AfterValidator(_rising_from_nothing),
    ]

    @model_validator(mode="after")
    def _lies_somewhere_or_nowhere(self) -> Self:
        if (self.latitude is None) != (self.longitude is None):
            raise ValueError("give latitude and longitude, or neither")
        return self


class TariffView(BaseModel):
    """What a region adds to a price; without shipping steps, shipping there is free."""

    region: str
    tax_basis_points: int
    latitude: float | None
    longitude: float | None
    shipping_steps: list[ShippingStep]


class TariffPage(BaseModel):
    """Tariffs, by region; `next_cursor` is null on the last page."""

    tariffs: list[TariffView]
    next_cursor: str | None
