"""Demand until an order has come (models.planning.safety_stock)."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.planning.safety_stock import Demand, demand_over, extended, spread_of

TENTHS = (0.1, 0.5, 0.9)


def over(mean, spread, days, days_spread=0.0, correlation=0.0):
    arrays = (np.array(each, float) for each in ([mean], [spread], [days], [days_spread]))
    found = demand_over(*arrays, correlation)
    return float(found.mean[0]), float(found.variance[0])


@pytest.mark.parametrize(
    ("quantiles", "spread"),
    [
        ((8.7184, 10, 11.2816), 1),  # a normal of spread 1 has its tenths at 1.2816
        ((4, 4, 4), 0),
        ((0, 0, 2.5631), 1),  # skewed: the width alone counts
    ],
)
def test_the_spread_that_quantiles_tell_of(quantiles, spread):
    assert spread_of(TENTHS, np.array([quantiles])) == pytest.approx([spread], abs=1e-4)


@pytest.mark.parametrize(
    ("days", "days_spread", "correlation", "mean", "variance"),
    [
        # three units a day, each day with spread 2
        (2, 0, 0, 6, 8),
        (2.5, 0, 0, 7.5, 10),
        (2, 0, 1, 6, 16),  # wrong together: (2 + 2)^2
        (2, 0, 0.25, 6, 0.75 * 8 + 0.25 * 16),
        (2, 1.5, 0, 6, 8 + 9 * 2.25),  # 3 units a day, 1.5 days more or less
        (4, 0, 0, 12, 16),  # beyond the horizon: like the last week
    ],
)
def test_demand_over_days_by_hand(days, days_spread, correlation, mean, variance):
    assert over([3, 3], [2, 2], days, days_spread, correlation) == pytest.approx((mean, variance))


def test_single_units_vary_as_poisson_at_least():
    assert over([3, 3], [0, 0], 2) == pytest.approx((6, 6))


def test_beyond_the_horizon_the_last_week_comes_again():
    days = np.arange(1.0, 9)[None, :]

    assert extended(days, 10).tolist() == [[1, 2, 3, 4, 5, 6, 7, 8, 2, 3]]


@pytest.mark.parametrize(
    ("mean", "level", "units"),
    # Poisson's tables: of mean 4, P(D <= 7) = 0.949 and P(D <= 8) = 0.979; of mean 0.1,
    # P(D = 0) = 0.905
    [(4, 0.95, 8), (4, 0.94, 7), (0.1, 0.9, 0), (0.1, 0.95, 1), (0, 0.99, 0)],
)
def test_the_units_that_are_enough(mean, level, units):
    demand = Demand(np.array([float(mean)]), np.array([float(mean)]))

    assert demand.quantile(np.array([level])).tolist() == [units]


def test_expected_shortage_by_hand():
    # Poisson of mean 1: E(D - 1)+ = E D - 1 + P(0) = e^-1; beyond 2: e^-1 - P(D > 1)
    one = Demand(np.ones(4), np.ones(4))

    assert one.shortage(np.array([0, 1, 2, -3.0])) == pytest.approx(
        [1, 0.3679, 0.1036, 4], abs=1e-3
    )


@given(
    mean=st.floats(0.01, 500),
    dispersion=st.floats(1.01, 20),
    stock=st.integers(0, 600),
)
def test_a_unit_more_avoids_as_much_shortage_as_it_is_likely_to_be_wanted(mean, dispersion, stock):
    demand = Demand(np.full(2, mean), np.full(2, mean * dispersion))
    short, shorter = demand.shortage(np.array([stock, stock + 1.0]))

    assert -1e-6 <= short - shorter <= 1 + 1e-6
    assert short <= mean + 1e-6
