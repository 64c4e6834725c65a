"""Ids of answers: UUIDs of version 7 (RFC 9562), which rise with time and tell their moment."""

import datetime as dt
import uuid

N_RANDOM_BITS = 74
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
MILLISECOND = dt.timedelta(milliseconds=1)
LAST_MILLISECOND = (dt.datetime(9999, 1, 1, tzinfo=dt.UTC) - EPOCH) // MILLISECOND
"""Dates end there; an id that somebody made up may be of later."""


def answer_id(now: dt.datetime, random_bits: int) -> str:
    """Return the id of an answer given now, of `N_RANDOM_BITS` random bits."""
    milliseconds = (now - EPOCH) // MILLISECOND
    first, last = random_bits >> 62, random_bits & (1 << 62) - 1
    whole = milliseconds << 80 | 0x7 << 76 | first << 64 | 0b10 << 62 | last
    text = f"{whole:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def moment_of(answer_id: uuid.UUID) -> dt.datetime:
    """Return when an answer was given, to the millisecond; of an id that is none of ours, any moment."""
    return EPOCH + min(answer_id.int >> 80, LAST_MILLISECOND) * MILLISECOND
