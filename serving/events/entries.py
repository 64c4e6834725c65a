"""Entries of the streams of events, and the rows of logs that they tell."""

import json
from collections.abc import Mapping
from typing import NamedTuple, TypeVar

from features.schemas.row import LogRow

CLICKSTREAM = "clickstream"
SHOP_EVENTS = "shop-events"
FIELD = "body"

R = TypeVar("R", bound=LogRow)
Fields = Mapping[str, str]


class Entry(NamedTuple):
    """An entry of a stream; one that was trimmed away while it was pending has no fields."""

    entry_id: str
    fields: Fields


def row_of(row: type[R], fields: Fields) -> R | None:
    """Return the log's row that an entry tells, None if it tells none: others write there too."""
    try:
        told = json.loads(fields.get(FIELD, ""))
        return row.model_validate({**told, "date": told["recorded_at"][:10]})
    except (ValueError, TypeError, KeyError):
        return None
