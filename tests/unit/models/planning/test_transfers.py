"""Moving units before buying (models.planning.transfers)."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from models.planning.transfers import Transfer, transfers


def of(free, kept, wanted):
    return transfers(*(np.array([each], float) for each in (free, kept, wanted)))


def test_who_lacks_most_takes_from_who_has_most_over():
    #            North has 20 over, South 5; West lacks 22, East 2
    found = of(free=[30, 10, 0, 1], kept=[10, 5, 9, 9], wanted=[0, 0, 22, 2])

    assert found == [Transfer(0, 0, 2, 20), Transfer(0, 1, 2, 2), Transfer(0, 1, 3, 2)]


def test_nothing_moves_where_nobody_has_units_over():
    assert of(free=[10, 0], kept=[10, 5], wanted=[0, 12]) == []


def test_a_warehouse_that_orders_itself_gives_nothing():
    assert of(free=[9, 0], kept=[1, 5], wanted=[3, 12]) == []


units = arrays(np.int64, (3, 4), elements=st.integers(0, 50))


@given(free=units, kept=units, wanted=units)
def test_no_giver_falls_short_and_nobody_gets_more_than_is_wanted(free, kept, wanted):
    after, came = free.copy(), np.zeros_like(free)
    for each in transfers(free.astype(float), kept.astype(float), wanted.astype(float)):
        assert each.n_units > 0
        after[each.product, each.from_warehouse] -= each.n_units
        came[each.product, each.to_warehouse] += each.n_units
    gave = free - after

    assert ((gave == 0) | (after >= kept)).all()
    assert (came <= wanted).all()
    assert (gave.sum(axis=1) == came.sum(axis=1)).all()
