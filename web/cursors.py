"""Opaque cursors: where a page ended, bound to the listing it belongs to."""

import base64
import binascii
import hashlib
import json
from collections.abc import Sequence

from web.problems import BadRequestProblem

Place = Sequence[int | float | str]


class BadCursorProblem(BadRequestProblem):
    """A cursor that this listing never gave out."""

    type, title = "/problems/bad-cursor", "Bad cursor"


def encode(place: Place, listing: str) -> str:
    """Return a cursor for `place` (JSON scalars) in `listing`, any text that names the listing."""
    text = json.dumps([_digest(listing), *place], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode(cursor: str, listing: str) -> list[int | float | str]:
    """Return the place that `encode` was given.

    Raises
    ------
    BadCursorProblem
        If the text is not a cursor, or is another listing's.
    """
    place: list[int | float | str]
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        digest, *place = json.loads(base64.urlsafe_b64decode(padded.encode("ascii")))
    except (ValueError, TypeError, binascii.Error, RecursionError):
        digest, place = None, []
    if digest != _digest(listing) or not all(_is_scalar(part) for part in place):
        raise BadCursorProblem(
            "The cursor is not from this listing. Leave it out to start from the first page."
        )
    return place


def _digest(listing: str) -> str:
    return hashlib.blake2b(listing.encode("utf-8", "replace"), digest_size=6).hexdigest()


def _is_scalar(part: object) -> bool:
    return isinstance(part, (int, float, str)) and not isinstance(part, bool)
