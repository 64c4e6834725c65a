"""What the event endpoint takes and returns."""

from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from features.schemas.logs import ClickstreamEvent
from features.schemas.row import Cents, Id, RequiredFor

KINDS = Literal["search", "impression", "view", "cart"]
MAX_EVENTS = 500


class Event(BaseModel):
    """A clickstream event as a client tells it: what the log has, less what the server knows.

    The server stamps `recorded_at`; it makes an `event_id` if there is none, but only a client's
    own makes a repeated sending harmless.
    """

    model_config = ConfigDict(extra="forbid")

    event_id: Annotated[str, Field(min_length=1, max_length=80)] | None = None
    occurred_at: AwareDatetime
    session_id: Annotated[str, Field(min_length=1, max_length=80)]
    customer_id: Id | None = None
    kind: KINDS
    product_id: Id | None = None
    query: Annotated[str, Field(max_length=200)] | None = None
    surface: Annotated[str, Field(max_length=40)] | None = None
    position: Annotated[int, Field(ge=1)] | None = None
    price_shown_cents: Cents | None = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        for rule in ClickstreamEvent.rules:
            if not isinstance(rule, RequiredFor) or getattr(self, rule.when) not in rule.values:
                continue
            if getattr(self, rule.column) is None:
                raise ValueError(f"a {self.kind} needs {rule.column}")
        return self


class Batch(BaseModel):
    """Events to log, all or none."""

    model_config = ConfigDict(extra="forbid")

    events: Annotated[list[Event], Field(min_length=1, max_length=MAX_EVENTS)]


class Accepted(BaseModel):
    """How many events are in the stream now."""

    n_accepted: int
    event_ids: list[str]
