"""Cursors (web.cursors)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.cursors import BadCursorProblem, decode, encode

PLACES = st.lists(st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text())


@given(PLACES, st.text())
def test_a_place_comes_back(place, listing):
    assert decode(encode(place, listing), listing) == place


@given(PLACES)
def test_a_cursor_is_bound_to_its_listing(place):
    with pytest.raises(BadCursorProblem):
        decode(encode(place, "lamps"), "pans")


@given(st.text())
def test_any_other_text_is_a_bad_cursor(text):
    with pytest.raises(BadCursorProblem):
        decode(text, "lamps")
