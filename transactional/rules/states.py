"""Whether an operator's rule counts now, and who changed it last."""

import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Literal, Protocol

from pydantic import Field

from transactional.fields import Text
from transactional.promotions.schemas import Moment

State = Literal["in_force", "later", "over", "removed"]
Note = Annotated[Text, Field(max_length=500, description="why, for other operators")]
Start = Annotated[Moment | None, Field(description="null: at once")]
End = Annotated[Moment | None, Field(description="the first moment after it; null: never")]

STATE_SQL = """
case when removed_at is not null then 'removed' when ends_at <= :now then 'over'
     when starts_at > :now then 'later' else 'in_force' end
"""
NOT_OVER_SQL = "removed_at is null and (ends_at is null or ends_at > :now)"


class RuleRow(Protocol):
    """A row of any table of rules, as far as it says since when and whose it is."""

    starts_at: dt.datetime | None
    ends_at: dt.datetime | None
    removed_at: dt.datetime | None
    version: int
    changed_by: int
    changed_at: dt.datetime


def state_of(row: RuleRow, now: dt.datetime) -> State:
    """Return whether a rule counts at a moment, as `STATE_SQL` says it."""
    if row.removed_at is not None:
        return "removed"
    if row.ends_at is not None and row.ends_at <= now:
        return "over"
    return "later" if row.starts_at is not None and row.starts_at > now else "in_force"


def note_change(
    row: RuleRow, values: Mapping[str, object], actor_id: int, now: dt.datetime
) -> None:
    """Set the columns in `values`, who set them and when, and the next version."""
    changed = {"version": row.version + 1, "changed_by": actor_id, "changed_at": now}
    for name, value in {**values, **changed}.items():
        setattr(row, name, value)


def made_by(actor_id: int, now: dt.datetime) -> dict[str, object]:
    """Return the columns of a new rule that say whose it is."""
    by = {"created_by": actor_id, "created_at": now, "changed_by": actor_id, "changed_at": now}
    return {**by, "version": 1}
