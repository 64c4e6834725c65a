"""What the order endpoints take and return."""

import datetime as dt
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field

from features.schemas.row import Id
from transactional.fields import Quantity, RequestBody


class WantedLine(RequestBody):
    """Some units of a product."""

    product_id: Id
    quantity: Quantity


def _each_once(lines: list[WantedLine]) -> list[WantedLine]:
    if len({line.product_id for line in lines}) < len(lines):
        raise ValueError("name each product once, with all its units")
    return lines


class OrderRequest(RequestBody):
    """What to order: these lines, or, without any, the caller's cart."""

    lines: (
        Annotated[list[WantedLine], Field(min_length=1, max_length=100), AfterValidator(_each_once)]
        | None
    ) = None

    def quantities(self) -> dict[int, int] | None:
        """Return units by product id; None for the cart."""
        if self.lines is None:
            return None
        return {line.product_id: line.quantity for line in self.lines}


class OrderLineView(BaseModel):
    """Some units of one product, at the price of that moment."""

    line_number: int
    product_id: int
    quantity: int
    unit_price_cents: int


class OrderView(BaseModel):
    """A customer's order."""

    order_id: int
    status: Literal["confirmed", "cancelled"]
    total_cents: int
    currency: str
    placed_at: dt.datetime
    cancelled_at: dt.datetime | None
    lines: list[OrderLineView]


class OrderPage(BaseModel):
    """Orders, newest first; `next_cursor` is null on the last page."""

    orders: list[OrderView]
    next_cursor: str | None
