"""Cursors (web.cursors)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from web.cursors import (
    MOMENT_AND_ID,
    ONE_ID,
    BadCursorProblem,
    decode,
    encode,
    id_after,
    next_by_id,
)

ANYTHING = TypeAdapter(list[int | float | str])
PLACES = st.lists(st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text())


@given(PLACES, st.text())
def test_a_place_comes_back(place, listing):
    assert decode(encode(place, listing), listing, ANYTHING) == place


@given(PLACES)
def test_a_cursor_is_bound_to_its_listing(place):
    with pytest.raises(BadCursorProblem):
        decode(encode(place, "lamps"), "pans", ANYTHING)


@given(st.text())
def test_any_other_text_is_a_bad_cursor(text):
    with pytest.raises(BadCursorProblem):
        decode(text, "lamps", ANYTHING)


@pytest.mark.parametrize(
    ("parts", "place"),
    [
        pytest.param(ONE_ID, [], id="no id"),
        pytest.param(ONE_ID, [1, 2], id="two ids"),
        pytest.param(ONE_ID, ["one"], id="a word"),
        pytest.param(ONE_ID, [2**63], id="beyond bigint"),
        pytest.param(ONE_ID, [float("inf")], id="infinite"),
        pytest.param(ONE_ID, [None], id="null"),
        pytest.param(MOMENT_AND_ID, ["2025-01-01T00:00:00", 1], id="no time zone"),
        pytest.param(MOMENT_AND_ID, ["0001-01-01T00:00:00+14:00", 1], id="before the calendar"),
        pytest.param(MOMENT_AND_ID, ["9999-12-31T23:59:59-14:00", 1], id="after the calendar"),
    ],
)
def test_a_cursor_that_somebody_wrote_is_checked(parts, place):
    with pytest.raises(BadCursorProblem):
        decode(encode(place, "lamps"), "lamps", parts)


def test_a_listing_by_id_goes_on_where_its_page_ended():
    more = next_by_id([3, 5, 8], 2, "lamps")

    assert id_after(more, "lamps") == 5
    assert id_after(None, "lamps") == 0
    assert next_by_id([3, 5], 2, "lamps") is None
