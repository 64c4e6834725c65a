"""What operators want of a list on a page: the one message between the shop and serving about it."""

import datetime as dt
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from features.schemas.periods import End, Start, check_period, holds
from features.schemas.row import Id

SLOTS_KEY = "slots:rules"
"""Where in Redis the rules of all slots lie: a hash, slot -> JSON list of `SlotRule`."""

Slot = Annotated[str, Field(pattern="^[a-z][a-z0-9_]{0,39}$", description="a place on a page")]
MAX_FACTOR = 10.0


class SlotRule(BaseModel):
    """One wish for a slot: show a product at a place, hide things, or move them up or down.

    Exactly one of `product_id`, `category_id`, `seller_id` says what it is about.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["pin", "hide", "weigh"]
    product_id: Id | None = None
    category_id: Id | None = None
    seller_id: Id | None = None
    position: Annotated[
        int | None, Field(ge=1, le=100, description="of a pin: the place in the list, from 1")
    ] = None
    factor: Annotated[
        float | None,
        Field(ge=1 / MAX_FACTOR, le=MAX_FACTOR, description="of a weight: above 1 moves up"),
    ] = None
    starts_at: Start = None
    ends_at: End = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (
            sum(each is not None for each in (self.product_id, self.category_id, self.seller_id))
            != 1
        ):
            raise ValueError("name exactly one of product_id, category_id and seller_id")
        if (self.kind == "pin") != (self.position is not None):
            raise ValueError("a pin, and nothing else, has a position")
        if (self.kind == "weigh") != (self.factor is not None):
            raise ValueError("a weight, and nothing else, has a factor")
        if self.kind == "pin" and self.product_id is None:
            raise ValueError("a pin names a product_id")
        check_period(self.starts_at, self.ends_at)
        return self

    def holds(self, now: dt.datetime) -> bool:
        """Return whether the rule is in force."""
        return holds(self.starts_at, self.ends_at, now)
