"""Opaque cursors: where a page ended, bound to the listing it belongs to."""

import base64
import datetime as dt
import hashlib
import json
from collections.abc import Sequence
from typing import Annotated, TypeVar

from pydantic import AwareDatetime, Field, TypeAdapter

from features.schemas.row import Id
from web.problems import BadRequestProblem

Place = Sequence[int | float | str]
Parts = TypeVar("Parts")
Moment = Annotated[
    AwareDatetime,
    Field(ge=dt.datetime(1970, 1, 1, tzinfo=dt.UTC), lt=dt.datetime(9999, 1, 1, tzinfo=dt.UTC)),
]
"""A time that stays one in every zone: at the calendar's ends it would not."""
ONE_ID = TypeAdapter(tuple[Id])
MOMENT_AND_ID = TypeAdapter(tuple[Moment, Id])


class BadCursorProblem(BadRequestProblem):
    """A cursor that this listing never gave out."""

    type, title = "/problems/bad-cursor", "Bad cursor"


def encode(place: Place, listing: str) -> str:
    """Return a cursor for `place` (JSON scalars) in `listing`, any text that names the listing."""
    text = json.dumps([_digest(listing), *place], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode(cursor: str, listing: str, parts: TypeAdapter[Parts]) -> Parts:
    """Return the place that `encode` was given.

    Parameters
    ----------
    parts
        What a place of this listing is: anybody can write a cursor, so it is checked like a body.

    Raises
    ------
    BadCursorProblem
        If the text is not a cursor, is another listing's, or holds no place of this one.
    """
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        digest, *place = json.loads(base64.urlsafe_b64decode(padded.encode("ascii")))
        if digest == _digest(listing):
            return parts.validate_python(place)
    except (ValueError, TypeError, RecursionError):
        pass
    raise BadCursorProblem(
        "The cursor is not from this listing. Leave it out to start from the first page."
    )


def id_after(cursor: str | None, listing: str) -> int:
    """Return the id after which a page of a listing by id begins; 0 for the first page.

    Raises
    ------
    BadCursorProblem
        As `decode`.
    """
    return decode(cursor, listing, ONE_ID)[0] if cursor else 0


def next_by_id(ids: Sequence[int], limit: int, listing: str) -> str | None:
    """Return the cursor of the page after the first `limit` of these ids; None if there are no more."""
    return encode([ids[limit - 1]], listing) if len(ids) > limit else None


def _digest(listing: str) -> str:
    return hashlib.blake2b(listing.encode("utf-8", "replace"), digest_size=6).hexdigest()
