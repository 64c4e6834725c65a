"""Promised prices, and what becomes of two carts (transactional.carts.lines)."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transactional.carts.lines import LOCKED_FOR, StoredLine, locked, merged, relocked

NOON = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)
MINUTE = dt.timedelta(minutes=1)

stored_lines = st.builds(
    StoredLine,
    st.integers(1, 100),
    st.integers(1, 10**9),
    st.integers(0, 4 * 10**9).map(lambda seconds: dt.datetime.fromtimestamp(seconds, dt.UTC)),
)


@pytest.mark.parametrize(
    ("price_now_cents", "after", "costs_cents"),
    [
        pytest.param(250, 1 * MINUTE, 250, id="nothing changed"),
        pytest.param(300, 1 * MINUTE, 250, id="a rise waits while it is promised"),
        pytest.param(200, 1 * MINUTE, 200, id="a fall is given at once"),
        pytest.param(300, LOCKED_FOR, 300, id="the promise is over"),
    ],
)
def test_a_line_costs_what_was_promised_or_less(price_now_cents, after, costs_cents):
    line = locked(2, 250, NOON)

    assert line.price_cents(price_now_cents, NOON + after) == costs_cents
    assert relocked(line, price_now_cents, NOON + after).shown_cents == costs_cents


def test_a_promise_that_holds_is_not_prolonged():
    line = locked(2, 250, NOON)

    assert relocked(line, 250, NOON + 14 * MINUTE) == line
    assert relocked(line, 250, NOON + 16 * MINUTE).locked_until == NOON + 31 * MINUTE


@given(stored_lines)
def test_a_line_is_read_as_it_was_written(line):
    assert StoredLine.decoded(line.encoded()) == line


def test_a_product_in_both_carts_keeps_the_larger_number_and_the_later_promise():
    own = {1: StoredLine(2, 250, NOON), 2: StoredLine(1, 100, NOON)}
    guest = {1: StoredLine(1, 300, NOON + MINUTE), 3: StoredLine(4, 50, NOON)}

    assert merged(own, guest, max_lines=100) == {
        1: StoredLine(2, 300, NOON + MINUTE),
        2: StoredLine(1, 100, NOON),
        3: StoredLine(4, 50, NOON),
    }


def test_what_a_full_cart_cannot_take_is_left_out_of_the_guests():
    own = {1: StoredLine(1, 1, NOON), 5: StoredLine(1, 1, NOON)}
    guest = {3: StoredLine(1, 1, NOON), 2: StoredLine(1, 1, NOON)}

    assert sorted(merged(own, guest, max_lines=3)) == [1, 2, 5]


@given(
    st.dictionaries(st.integers(1, 9), stored_lines, max_size=5),
    st.dictionaries(st.integers(1, 9), stored_lines, max_size=5),
)
def test_merging_twice_is_merging_once(own, guest):
    once = merged(own, guest, max_lines=6)

    assert merged(once, guest, max_lines=6) == once
    assert len(once) <= 6
