"""What the cart endpoints take and return."""

from typing import Annotated

from pydantic import BaseModel, Field

from transactional.fields import Quantity, RequestBody


class LineChange(RequestBody):
    """How many units the cart shall hold of the product."""

    quantity: Quantity


class CartLine(BaseModel):
    """Some units of a product at its price now."""

    product_id: int
    title: str
    quantity: int
    unit_price_cents: int
    line_total_cents: int
    for_sale: Annotated[bool, Field(description="false once archived: order without it")]


class Cart(BaseModel):
    """The caller's cart; its total counts what is for sale."""

    lines: list[CartLine]
    total_cents: int
    currency: str
