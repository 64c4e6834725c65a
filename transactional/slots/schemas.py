"""What the endpoints of slots take and return."""

import datetime as dt
from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field, model_validator

from features.schemas.row import Id
from features.schemas.slots import MAX_FACTOR, SlotRule
from transactional.fields import RequestBody
from transactional.rules.states import End, Note, Start, State

Position = Annotated[int, Field(ge=1, le=100, description="of a pin: the place, from 1")]
Factor = Annotated[
    float, Field(ge=1 / MAX_FACTOR, le=MAX_FACTOR, description="of a weight: above 1 moves up")
]
RULE_FIELDS = tuple(SlotRule.model_fields)


class NewSlotRule(RequestBody):
    """A wish for a slot: exactly one of the three ids says what it is about."""

    kind: Literal["pin", "hide", "weigh"]
    product_id: Id | None = None
    category_id: Id | None = None
    seller_id: Id | None = None
    position: Position | None = None
    factor: Factor | None = None
    starts_at: Start = None
    ends_at: End = None
    note: Note = ""

    @model_validator(mode="after")
    def _is_a_rule(self) -> Self:
        SlotRule.model_validate(self.model_dump(exclude={"note"}))
        return self


class SlotRuleChange(RequestBody):
    """What to change; what is left out stays, and null takes a date away."""

    position: Position = 1
    factor: Factor = 1.0
    starts_at: Start = None
    ends_at: End = None
    note: Note = ""


class SlotRuleView(BaseModel):
    """A rule, who made and last changed it (customer ids), and whether it counts now."""

    rule_id: int
    slot: str
    kind: Literal["pin", "hide", "weigh"]
    product_id: int | None
    category_id: int | None
    seller_id: int | None
    position: int | None
    factor: float | None
    starts_at: dt.datetime | None
    ends_at: dt.datetime | None
    note: str
    state: State
    version: Annotated[int, Field(description="for If-Match; the answer's ETag")]
    created_by: int
    created_at: dt.datetime
    changed_by: int
    changed_at: dt.datetime
    removed_at: dt.datetime | None


class SlotRulePage(BaseModel):
    """A slot's rules, newest first; `next_cursor` is null on the last page."""

    rules: list[SlotRuleView]
    next_cursor: str | None


class SlotView(BaseModel):
    """A slot that has or had rules, and how many of each state."""

    slot: str
    n_in_force: int
    n_later: int
    n_over: int
    n_removed: int


class SlotPage(BaseModel):
    """Slots, by name; `next_cursor` is null on the last page."""

    slots: list[SlotView]
    next_cursor: str | None
