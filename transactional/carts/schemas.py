"""What the cart endpoints take and return."""

import datetime as dt
from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field

from features.schemas.row import Id
from transactional.fields import Quantity, RequestBody


class LineChange(RequestBody):
    """How many units the cart shall hold of the product."""

    quantity: Quantity


class WantedLine(RequestBody):
    """Some units of a product."""

    product_id: Id
    quantity: Quantity


def _each_once(lines: list[WantedLine]) -> list[WantedLine]:
    if len({line.product_id for line in lines}) < len(lines):
        raise ValueError("name each product once, with all its units")
    return lines


class CartChange(RequestBody):
    """All lines the cart shall hold."""

    lines: Annotated[list[WantedLine], Field(max_length=100), AfterValidator(_each_once)]

    def quantities(self) -> dict[int, int]:
        """Return units by product id."""
        return {line.product_id: line.quantity for line in self.lines}


class CartLine(BaseModel):
    """Some units of a product at the price it is promised for."""

    product_id: int
    title: str
    quantity: int
    unit_price_cents: Annotated[int, Field(description="promised until `price_locked_until`")]
    line_total_cents: int
    price_locked_until: dt.datetime
    for_sale: Annotated[bool, Field(description="false once archived: order without it")]


class PriceNotice(BaseModel):
    """A product's promise was over, and its price is another one now."""

    product_id: int
    was_cents: int
    now_cents: int


class Cart(BaseModel):
    """A cart; its total counts what is for sale. Notices are given once."""

    lines: list[CartLine]
    total_cents: int
    currency: str
    notices: list[PriceNotice]


class NewGuestCart(BaseModel):
    """A guest's new cart."""

    cart_token: Annotated[str, Field(description="send it as the header Cart-Token; keep it")]
    expires_after_days_unused: int
