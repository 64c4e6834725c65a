"""What the stock endpoints take and return."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field

from features.schemas.row import Id
from transactional.fields import RequestBody


def _not_zero(delta: int) -> int:
    if delta == 0:
        raise ValueError("a movement of 0 units moves nothing")
    return delta


class Movement(RequestBody):
    """Units that came in (positive) or were taken out (negative)."""

    product_id: Id
    delta: Annotated[int, Field(ge=-(10**6), le=10**6), AfterValidator(_not_zero)]
    reason: Literal["received", "corrected"]


class Level(BaseModel):
    """What is left after a movement."""

    product_id: int
    n_available: int
