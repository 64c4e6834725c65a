"""Reorder points that fill a class of products (models.planning.filling)."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.planning.filling import filling_points
from models.planning.safety_stock import Demand


def points(mean, lot, fill, cost=1000.0, lot_days=20.0):
    columns = np.broadcast_arrays(
        *(np.atleast_1d(each) for each in (mean, lot, lot_days, cost, fill))
    )
    mean, lot, lot_days, cost, fill = (np.array(each, float) for each in columns)
    return filling_points(Demand(mean, mean), lot, lot_days, cost, fill).tolist()


@pytest.mark.parametrize(
    ("lot", "fill", "point"),
    # Poisson of mean 4 is missed beyond 4, 5, 6, 7, 8 by 0.78, 0.41, 0.20, 0.09, 0.04 units
    [(20, 0.95, 4), (20, 0.97, 5), (20, 0.985, 6), (8, 0.95, 6), (8, 0.985, 7), (400, 0.9, 4)],
)
def test_one_product_by_hand(lot, fill, point):
    assert points(4, lot, fill) == [point]


def test_cheap_products_are_nearly_always_there_and_dear_ones_run_out_now_and_then():
    # Together they may miss 1.2 of 40 units: 0.78 of the dear one at 4, 0.41 of the cheap one at 5
    assert points([4, 4], 20, 0.97, cost=[100, 10_000]) == [5, 4]
    # 0.8: the dear one runs out in no more than half of its cycles, so it is the cheap one again
    assert points([4, 4], 20, 0.98, cost=[100, 10_000]) == [9, 4]


def test_each_class_is_filled_by_itself():
    assert points([4, 4], 20, [0.95, 0.985], cost=[100, 10_000]) == [4, 6]


products = st.lists(
    st.tuples(st.floats(0.05, 80), st.integers(1, 60), st.integers(1, 60), st.floats(10, 1e5)),
    min_size=1,
    max_size=6,
)


@settings(max_examples=50)
@given(products, st.sampled_from((0.9, 0.97, 0.99)))
def test_a_class_misses_no_more_than_it_may(drawn, fill):
    mean, lot, lot_days, cost = (np.array(each, float) for each in zip(*drawn, strict=True))
    demand = Demand(mean, 2 * mean)
    found = filling_points(demand, lot, lot_days, cost, np.full(len(mean), fill))
    missed = demand.shortage(found) - demand.shortage(found + lot)

    assert (missed / lot_days).sum() <= (1 - fill) * (lot / lot_days).sum() + 1e-6
