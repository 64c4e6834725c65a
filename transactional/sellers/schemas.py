"""What the endpoints about sellers as such, and about their orders, take and return."""

import datetime as dt
from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints

from transactional.fields import PostalAddress, RequestBody, Text
from transactional.orders.states import Status as OrderStatus
from transactional.sellers.states import Decision, Status

Name = Annotated[
    str,
    StringConstraints(pattern=r"^\w[^\x00-\x1f]*$", min_length=2, max_length=80),
    Field(description="as customers see it; begins with a letter or a digit"),
]
About = Annotated[Text, Field(max_length=2000, description="what you sell, and who you are")]


class Application(RequestBody):
    """Who wants to sell."""

    name: Name
    about: About = ""


class BusinessChange(RequestBody):
    """What to change; what is left out stays."""

    name: Name | None = None
    about: About | None = None


class Judgement(RequestBody):
    """What becomes of a seller, and why; the note goes to them by mail."""

    decision: Decision
    note: Annotated[Text, Field(min_length=1, max_length=1000)]


class BusinessView(BaseModel):
    """A seller, or an application."""

    seller_id: int
    name: str | None
    about: str
    status: Status
    applied_at: Annotated[dt.datetime | None, Field(description="null if the logs told of them")]


class DecisionView(BaseModel):
    """What an operator decided about a seller."""

    decision: Decision
    note: str
    actor_id: int
    decided_at: dt.datetime


class SellerView(BusinessView):
    """A seller as operators see them."""

    customer_id: int | None
    decisions: list[DecisionView]


class SellerPage(BaseModel):
    """Sellers, by id; `next_cursor` is null on the last page."""

    sellers: list[BusinessView]
    next_cursor: str | None


class OwnLineView(BaseModel):
    """A line of the seller's own; `discount_cents` and `tax_cents` are its share."""

    line_number: int
    product_id: int
    title: str
    quantity: int
    unit_price_cents: int
    discount_cents: int
    tax_cents: int


class OwnShipmentView(BaseModel):
    """What the seller's goods from one warehouse travel in."""

    number: int
    warehouse_id: int
    status: Literal["packing", "shipped", "delivered"]
    carrier: str | None
    tracking: str | None
    updated_at: dt.datetime


class OwnOrderView(BaseModel):
    """A seller's part of an order; what others sold in it, and what it cost, is not theirs."""

    order_id: int
    status: OrderStatus
    placed_at: dt.datetime
    currency: str
    ship_to: Annotated[PostalAddress | None, Field(description="null once it is cancelled")]
    lines: list[OwnLineView]
    shipments: list[OwnShipmentView]


class OwnOrderPage(BaseModel):
    """Orders, newest first; `next_cursor` is null on the last page."""

    orders: list[OwnOrderView]
    next_cursor: str | None
