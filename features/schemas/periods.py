"""From when to when something is in force: as operators' rules say it."""

import datetime as dt
from typing import Annotated

from pydantic import AwareDatetime, Field

Start = Annotated[AwareDatetime | None, Field(description="null: at once")]
End = Annotated[AwareDatetime | None, Field(description="not included; null: never")]


def check_period(starts_at: dt.datetime | None, ends_at: dt.datetime | None) -> None:
    """Check that there is a moment in between.

    Raises
    ------
    ValueError
        If there is none.
    """
    if starts_at and ends_at and starts_at >= ends_at:
        raise ValueError("ends_at is not after starts_at")


def holds(starts_at: dt.datetime | None, ends_at: dt.datetime | None, now: dt.datetime) -> bool:
    """Return whether a moment lies in between."""
    return (starts_at is None or starts_at <= now) and (ends_at is None or now < ends_at)
