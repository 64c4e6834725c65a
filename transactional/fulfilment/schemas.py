"""What the fulfilment endpoints take and return."""

import datetime as dt
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field

from transactional.fields import Quantity, RequestBody, Text
from transactional.orders.schemas import OrderView

Line = Annotated[int, Field(ge=1, le=100)]
Reason = Annotated[Text, Field(min_length=1, max_length=500)]


class Dispatch(RequestBody):
    """With whom a shipment travels, and how it is found there."""

    carrier: Annotated[Text, Field(min_length=1, max_length=80)]
    tracking: Annotated[Text, Field(min_length=1, max_length=80)]


class ReturnedLine(RequestBody):
    """Units of an order's line that come back."""

    line_number: Line
    quantity: Quantity


def _each_once(lines: list[ReturnedLine]) -> list[ReturnedLine]:
    if len({line.line_number for line in lines}) < len(lines):
        raise ValueError("name each line once, with all its units")
    return lines


class ReturnRequest(RequestBody):
    """What comes back, and why."""

    lines: Annotated[
        list[ReturnedLine], Field(min_length=1, max_length=100), AfterValidator(_each_once)
    ]
    reason: Reason


class Receipt(RequestBody):
    """In what state returned units came: as new (`restock`), or not to be sold again."""

    restock: bool


class RefundRequest(RequestBody):
    """Money to give back, and why."""

    cents: Annotated[int, Field(ge=1, le=10**12)]
    reason: Reason


class ShipmentView(BaseModel):
    """What one seller's goods from one warehouse travel in."""

    number: int
    seller_id: int | None
    warehouse_id: int
    status: Literal["packing", "shipped", "delivered"]
    carrier: str | None
    tracking: str | None
    updated_at: dt.datetime


class ReturnLineView(BaseModel):
    """Units of a line."""

    line_number: int
    quantity: int


class ReturnView(BaseModel):
    """Units that come back together; `refund_cents` is known once they are received."""

    number: int
    status: Literal["requested", "received", "refused"]
    reason: str
    refund_cents: int | None
    requested_at: dt.datetime
    ended_at: dt.datetime | None
    lines: list[ReturnLineView]


class RefundView(BaseModel):
    """Money that goes back; `given` once the provider has done it."""

    number: int
    cents: int
    reason: str
    status: Literal["due", "given"]
    created_at: dt.datetime


class Progress(BaseModel):
    """An order with all that has become of it."""

    order: OrderView
    shipments: list[ShipmentView]
    returns: list[ReturnView]
    refunds: list[RefundView]
