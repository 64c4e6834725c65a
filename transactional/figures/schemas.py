"""What the endpoints of figures return."""

import datetime as dt
from typing import Annotated

from pydantic import BaseModel, Field

from transactional.figures.sales import Unit


class SalesBucket(BaseModel):
    """An hour or a day. Orders that wait for a payment or were cancelled are not sales."""

    began_at: dt.datetime
    n_orders: int
    n_cancelled: Annotated[int, Field(description="of those placed in it, by now")]
    n_units: int
    total_cents: Annotated[int, Field(description="of these orders, refunds not taken off")]
    refunded_cents: Annotated[
        int, Field(description="refunds made in it, of orders of the 400 days before")
    ]


class SalesFigures(BaseModel):
    """Sales by hour or day (UTC), the present one last and not over."""

    unit: Unit
    currency: str
    buckets: list[SalesBucket]


class CoverView(BaseModel):
    """A product's units, and how many days they last."""

    product_id: int
    title: str
    n_available: Annotated[int, Field(description="in open warehouses, promised to nobody")]
    n_on_order: Annotated[int, Field(description="of suppliers, not received yet")]
    units_per_day: Annotated[float | None, Field(description="as the plan foresees; null: unknown")]
    days_of_cover: Annotated[
        float | None, Field(description="null for what is not foreseen to sell")
    ]


class CoverPage(BaseModel):
    """Products, the lowest cover first; `next_cursor` is null on the last page."""

    products: list[CoverView]
    next_cursor: str | None
