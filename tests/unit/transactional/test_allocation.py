"""Which warehouse sends what (transactional.stock.allocation)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transactional.stock.allocation import allocate, n_available, take

NEAR, MIDDLE, FAR = 1, 2, 3
NEAREST_FIRST = [NEAR, MIDDLE, FAR]


@pytest.mark.parametrize(
    ("wanted", "available", "expected"),
    [
        pytest.param(
            {7: 2, 8: 1},
            {7: {NEAR: 5, FAR: 5}, 8: {NEAR: 1, FAR: 5}},
            {7: {NEAR: 2}, 8: {NEAR: 1}},
            id="the nearest that has it all sends one parcel",
        ),
        pytest.param(
            {7: 2, 8: 1},
            {7: {NEAR: 5, FAR: 5}, 8: {FAR: 5}},
            {7: {FAR: 2}, 8: {FAR: 1}},
            id="one parcel from afar goes before two",
        ),
        pytest.param(
            {7: 2, 8: 1},
            {7: {NEAR: 1, MIDDLE: 2}, 8: {FAR: 1}},
            {7: {MIDDLE: 2}, 8: {FAR: 1}},
            id="a product stays whole if some warehouse has all of it",
        ),
        pytest.param(
            {7: 6},
            {7: {NEAR: 3, MIDDLE: 2, FAR: 4}},
            {7: {NEAR: 3, MIDDLE: 2, FAR: 1}},
            id="else its units are split, the nearest first",
        ),
        pytest.param({7: 6}, {7: {NEAR: 3, FAR: 2}}, None, id="too few in all"),
        pytest.param({7: 1, 9: 1}, {7: {NEAR: 3}}, None, id="a product nobody has"),
    ],
)
def test_who_sends_what(wanted, available, expected):
    assert allocate(wanted, available, NEAREST_FIRST) == expected


stocks = st.dictionaries(
    st.integers(1, 4), st.dictionaries(st.sampled_from(NEAREST_FIRST), st.integers(0, 6))
)
wishes = st.dictionaries(st.integers(1, 4), st.integers(1, 8), min_size=1)


@given(wishes, stocks)
def test_an_order_is_filled_exactly_when_there_are_enough_units(wanted, available):
    enough = all(n_available(id_, available) >= n for id_, n in wanted.items())

    assert (allocate(wanted, available, NEAREST_FIRST) is not None) == enough


@given(wishes, stocks)
def test_what_is_taken_is_what_was_wanted_and_no_warehouse_goes_below_zero(wanted, available):
    allocation = allocate(wanted, available, NEAREST_FIRST)
    if allocation is None:
        return
    before = {id_: n_available(id_, available) for id_ in wanted}

    take(allocation, available)

    assert {id_: before[id_] - n_available(id_, available) for id_ in wanted} == wanted
    assert all(n >= 0 for places in available.values() for n in places.values())
