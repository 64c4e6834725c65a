"""What the endpoints of search rules take and return."""

import datetime as dt
from typing import Annotated, Self

from pydantic import BaseModel, Field, model_validator

from features.schemas.row import Id
from features.schemas.search_rules import (
    Brand,
    Factor,
    FromWords,
    Kind,
    Position,
    Queries,
    SearchRule,
    Url,
    Words,
)
from transactional.fields import RequestBody
from transactional.rules.states import End, Note, Start, State

RULE_FIELDS = tuple(SearchRule.model_fields)


class NewSearchRule(RequestBody):
    """A wish for searches; each kind has fields of its own.

    A pin: `queries`, `product_id`, `position`. A weight: `factor`; a hiding: nothing more; both
    about one of `product_id`, `category_id`, `seller_id` and `brand`, and for `queries` or, without
    any, all searches. A synonym: `words` that mean the same, or, one way, `from_words` that also
    find `words`. A redirect: `queries` and `url`.
    """

    kind: Kind
    queries: Annotated[Queries, Field(default_factory=list)]
    product_id: Id | None = None
    category_id: Id | None = None
    seller_id: Id | None = None
    brand: Brand | None = None
    position: Position | None = None
    factor: Factor | None = None
    words: Annotated[Words, Field(default_factory=list)]
    from_words: Annotated[FromWords, Field(default_factory=list)]
    url: Url | None = None
    starts_at: Start = None
    ends_at: End = None
    note: Note = ""

    @model_validator(mode="after")
    def _is_a_rule(self) -> Self:
        SearchRule.model_validate({**self.model_dump(exclude={"note"}), "rule_id": 1})
        return self


class SearchRuleChange(RequestBody):
    """What to change; what is left out stays, and null takes a date away."""

    queries: Annotated[Queries, Field(default_factory=list)]
    position: Position = 1
    factor: Factor = 1.0
    words: Annotated[Words, Field(default_factory=list)]
    from_words: Annotated[FromWords, Field(default_factory=list)]
    url: Url = "/"
    starts_at: Start = None
    ends_at: End = None
    note: Note = ""


class SearchRuleView(BaseModel):
    """A rule, who made and last changed it (customer ids), and whether it counts now."""

    rule_id: int
    kind: Kind
    queries: list[str]
    product_id: int | None
    category_id: int | None
    seller_id: int | None
    brand: str | None
    position: int | None
    factor: float | None
    words: list[str]
    from_words: list[str]
    url: str | None
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


class SearchRulePage(BaseModel):
    """Rules, newest first; `next_cursor` is null on the last page."""

    rules: list[SearchRuleView]
    next_cursor: str | None
