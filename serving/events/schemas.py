"""What the event endpoint takes and returns."""

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from features.schemas.logs import ClickstreamEvent
from features.schemas.row import Cents, Id, RequiredFor
from web.cursors import Moment

KINDS = Literal["search", "impression", "click", "view", "cart", "purchase"]
MAX_EVENTS = 500
REQUIRED = {
    kind: rule.column
    for rule in ClickstreamEvent.rules
    if isinstance(rule, RequiredFor)
    for kind in rule.values
}
"""By kind of event, what it has to tell."""


class Event(BaseModel):
    """A clickstream event as a client tells it: what the log has, less what the server knows.

    The server stamps `recorded_at`; it makes an `event_id` if there is none, but only a client's
    own makes a repeated sending harmless.
    """

    model_config = ConfigDict(extra="forbid")

    event_id: Annotated[str, Field(min_length=1, max_length=80)] | None = None
    occurred_at: Moment
    session_id: Annotated[str, Field(min_length=1, max_length=80)]
    visitor_id: Annotated[str, Field(min_length=1, max_length=80)] | None = None
    customer_id: Id | None = None
    kind: KINDS
    product_id: Id | None = None
    query: Annotated[str, Field(max_length=200)] | None = None
    surface: Annotated[str, Field(max_length=40)] | None = None
    slot: Annotated[str, Field(max_length=40)] | None = None
    position: Annotated[int, Field(ge=1)] | None = None
    answer_id: Annotated[str, Field(max_length=80)] | None = None
    price_shown_cents: Cents | None = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        column = REQUIRED.get(self.kind)
        if column is not None and getattr(self, column) is None:
            raise ValueError(f"a {self.kind} needs {column}")
        return self


class Batch(BaseModel):
    """Events to log, all or none."""

    model_config = ConfigDict(extra="forbid")

    events: Annotated[list[Event], Field(min_length=1, max_length=MAX_EVENTS)]


class Accepted(BaseModel):
    """What became of a batch: all of its events are in the stream, now or from an earlier sending."""

    n_accepted: Annotated[int, Field(description="events of the batch")]
    n_repeated: Annotated[int, Field(description="of these, taken before: they count once")]
    event_ids: list[str]
