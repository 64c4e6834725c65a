"""What the stock endpoints take and return."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field

from features.schemas.row import Id
from transactional.fields import RequestBody


def _not_zero(delta: int) -> int:
    if delta == 0:
        raise ValueError("a movement of 0 units moves nothing")
    return delta


class OwnMovement(RequestBody):
    """Units of one product that came in (positive) or were taken out (negative)."""

    warehouse_id: Annotated[Id | None, Field(description="null for the first open warehouse")] = (
        None
    )
    delta: Annotated[int, Field(ge=-(10**6), le=10**6), AfterValidator(_not_zero)]
    reason: Literal["received", "corrected"]


class Movement(OwnMovement):
    """Units of any product."""

    product_id: Id


class Level(BaseModel):
    """What can be sold after a movement, in all open warehouses together."""

    product_id: int
    n_available: int


class WarehouseStock(BaseModel):
    """Units in one warehouse; `version` grows with every change: send it back as `If-Match`."""

    warehouse_id: int
    n_on_hand: int
    n_reserved: Annotated[int, Field(description="promised to orders that have not left")]
    version: int


class ProductStock(BaseModel):
    """A product's units by warehouse."""

    product_id: int
    warehouses: list[WarehouseStock]
