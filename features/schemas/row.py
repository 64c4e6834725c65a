"""What a table of the lake is: a class whose fields are its columns, in order."""

import datetime as dt
from dataclasses import dataclass
from typing import Annotated, ClassVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

Id = Annotated[int, Field(ge=1, le=2**53 - 1)]
"""A bigint that JavaScript can hold exactly."""

Cents = Annotated[int, Field(ge=0, le=10**11)]
Count = Annotated[int, Field(ge=0)]
Ratio = Annotated[float, Field(ge=0, le=1)]
Day = Annotated[dt.date, Field(description="the partition: UTC day the run is for")]
REJECT = "reject_reason"
"""Raw column in which a loader says why a line of its file can't be a row of the log."""


@dataclass(frozen=True)
class NotAfter:
    """Rule: column `earlier` is at or before column `later`."""

    earlier: str
    later: str


@dataclass(frozen=True)
class RequiredFor:
    """Rule: `column` is not null where column `when` holds one of `values`."""

    column: str
    when: str
    values: tuple[str, ...]


Rule = NotAfter | RequiredFor


class Row(BaseModel):
    """A row of a lake table.

    `key` names the columns that identify a row; `rules` are those that look at two columns.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    table: ClassVar[str]
    key: ClassVar[tuple[str, ...]]
    rules: ClassVar[tuple[Rule, ...]] = ()


class LogRow(Row):
    """A row of a log, as a producer recorded it.

    `occurred_at` is when it happened in the shop, `recorded_at` when the platform came to know of
    it. The partition is the day of `recorded_at`: what a run of day D reads is what was known by
    the end of D, however late an event came.
    """

    key = ("event_id",)
    rules: ClassVar[tuple[Rule, ...]] = (NotAfter("occurred_at", "recorded_at"),)

    event_id: Annotated[
        str,
        Field(min_length=1, max_length=80, description="made by the producer; drops redeliveries"),
    ]
    occurred_at: Annotated[AwareDatetime, Field(description="when it happened, UTC")]
    recorded_at: Annotated[AwareDatetime, Field(description="when the platform knew of it, UTC")]
