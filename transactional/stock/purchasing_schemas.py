"""What the endpoints of purchase orders, warehouses and alerts take and return."""

import datetime as dt
import re
from typing import Annotated, Any, Literal, Self

from fastapi import Path
from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, model_validator

from features.schemas.row import Id
from transactional.fields import RequestBody, Text

FULL_DATE = re.compile(r"\d{4}-\d\d-\d\d")


def _from_text(value: object) -> object:
    """Read a full-date (RFC 3339): JSON has no dates, and a strict body takes none from text."""
    if isinstance(value, str) and FULL_DATE.fullmatch(value):
        return dt.date.fromisoformat(value)
    return value


PurchaseOrderId = Annotated[Id, Path(description="of a purchase order")]
Day = Annotated[dt.date, BeforeValidator(_from_text)]
Units = Annotated[int, Field(ge=1, le=10**6)]
Name = Annotated[Text, Field(min_length=1, max_length=120)]
Latitude = Annotated[float, Field(ge=-90, le=90)]
Longitude = Annotated[float, Field(ge=-180, le=180)]
PurchaseOrderStatus = Literal["draft", "rejected", "open", "received", "closed"]


class WantedLine(RequestBody):
    """Units of a product to be ordered."""

    product_id: Id
    quantity: Units
    unit_cost_cents: Annotated[int, Field(ge=0, le=10**9)] | None = None


def _each_product_once(lines: list[WantedLine]) -> list[WantedLine]:
    if len({line.product_id for line in lines}) < len(lines):
        raise ValueError("name each product once, with all its units")
    return lines


class PurchaseOrderRequest(RequestBody):
    """What was ordered from a supplier."""

    supplier: Name
    warehouse_id: Annotated[Id | None, Field(description="null for the first open one")] = None
    expected_on: Day | None = None
    lines: Annotated[
        list[WantedLine], Field(min_length=1, max_length=500), AfterValidator(_each_product_once)
    ]


class ReceivedLine(RequestBody):
    """Units of a line that came."""

    line_number: Annotated[int, Field(ge=1, le=500)]
    quantity: Units


def _each_line_once(lines: list[ReceivedLine]) -> list[ReceivedLine]:
    if len({line.line_number for line in lines}) < len(lines):
        raise ValueError("name each line once, with all its units")
    return lines


class ReceiptRequest(RequestBody):
    """A delivery; the same note twice is the same delivery."""

    delivery_note: Annotated[Text, Field(min_length=1, max_length=80)]
    lines: Annotated[
        list[ReceivedLine], Field(min_length=1, max_length=500), AfterValidator(_each_line_once)
    ]


class PurchaseOrderLineView(BaseModel):
    """Units of a product on order."""

    line_number: int
    product_id: int
    n_ordered: int
    n_received: int
    unit_cost_cents: int | None
    n_proposed: Annotated[int | None, Field(description="by a plan; null for an order by hand")]
    explanation: Annotated[
        dict[str, Any] | None, Field(description="the plan's facts; `sentence` says them in words")
    ]


class PurchaseOrderView(BaseModel):
    """A purchase order: a draft, rejected, open, received whole, or closed short."""

    purchase_order_id: int
    supplier: str
    warehouse_id: int
    status: PurchaseOrderStatus
    version: Annotated[int, Field(description="grows with every change: send it as `If-Match`")]
    expected_on: dt.date | None
    created_at: dt.datetime
    ended_at: dt.datetime | None
    run_day: Annotated[dt.date | None, Field(description="of the plan that proposed it")]
    edited_at: dt.datetime | None
    edited_by: int | None
    decided_at: dt.datetime | None
    decided_by: int | None
    reason: Annotated[str | None, Field(description="why it was rejected")]
    lines: list[PurchaseOrderLineView]


class PurchaseOrderPage(BaseModel):
    """Purchase orders, the oldest first; `next_cursor` is null on the last page."""

    purchase_orders: list[PurchaseOrderView]
    next_cursor: str | None


class WarehouseRequest(RequestBody):
    """A warehouse; without a place it is as far from everybody as can be."""

    name: Name
    latitude: Latitude | None = None
    longitude: Longitude | None = None
    is_open: Annotated[bool, Field(description="a closed one sends nothing")] = True


class WarehouseView(WarehouseRequest):
    """A warehouse."""

    warehouse_id: int


class TransferRequest(RequestBody):
    """Units to move from one warehouse to another."""

    product_id: Id
    from_warehouse_id: Id
    to_warehouse_id: Id
    quantity: Units


class AlertRequest(RequestBody):
    """At how many units that can be sold, or at how many days' demand, the operators are told."""

    threshold: Annotated[int, Field(ge=0, le=10**6, description="units")] | None = None
    days_of_cover: (
        Annotated[
            float,
            Field(
                ge=0, le=3660, allow_inf_nan=False, description="of demand, as the plan foresees it"
            ),
        ]
        | None
    ) = None

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.threshold is None) == (self.days_of_cover is None):
            raise ValueError("give threshold or days_of_cover, not both")
        return self


class AlertView(BaseModel):
    """An alert; `is_low` once the operators were told, until there is enough again."""

    product_id: int
    threshold: int | None
    days_of_cover: float | None
    is_low: bool


class AlertPage(BaseModel):
    """Products that are low, by id; `next_cursor` is null on the last page."""

    alerts: list[AlertView]
    next_cursor: str | None


class StockOutView(BaseModel):
    """A time in which no unit could be sold; `ended_at` null while it lasts."""

    began_at: dt.datetime
    ended_at: dt.datetime | None


class StockOuts(BaseModel):
    """When a product was out of stock, the newest first, and for how long in all since a moment."""

    product_id: int
    since: dt.datetime
    n_hours: Annotated[float, Field(description="out of stock from `since` until now")]
    stock_outs: list[StockOutView]
