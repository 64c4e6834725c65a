"""Bounds that hold at all looks together (models.evaluation.experiments.sequential)."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.evaluation.experiments.ratios import Estimate
from models.evaluation.experiments.sequential import MIN_UNITS, Sequential


def test_bounds_by_hand():
    # alpha .05: -2 ln .05 = 5.9915, ln 6.9915 = 1.9447; at n_planned units n * rho^2 = 7.9361.
    # half = sqrt((1 + 1 / 7.9361) * ln(8.9361 / .0025)) = sqrt(1.1260 * 8.1816) = 3.0352 errors.
    low, high = Sequential(n_planned=1000).bounds(Estimate(0.0, 1.0, 1000))

    assert (low, high) == (pytest.approx(-3.0352, abs=1e-3), pytest.approx(3.0352, abs=1e-3))


def test_few_units_decide_nothing():
    few = Estimate(9.0, 0.1, MIN_UNITS - 1)

    assert Sequential().bounds(few) == (-math.inf, math.inf)
    assert math.isnan(Sequential().p_value(few))


@given(st.floats(-8, 8), st.integers(MIN_UNITS, 10**6), st.sampled_from([0.01, 0.05, 0.2]))
def test_the_p_value_is_below_alpha_just_if_the_bounds_leave_zero_out(value, n_units, alpha):
    rule = Sequential(alpha, n_planned=5000)
    found = Estimate(value, 1.0, n_units)
    low, high = rule.bounds(found)

    assert (rule.p_value(found) < alpha) == (low > 0 or high < 0)


@given(st.integers(MIN_UNITS, 10**6))
def test_bounds_of_all_looks_are_wider_than_those_of_one(n_units):
    found = Estimate(0.0, 1.0, n_units)

    assert Sequential().bounds(found)[1] > found.interval()[1]


def test_looking_after_every_hundred_units_stops_seldom_where_nothing_is():
    draws = np.random.default_rng(11)
    rule, looks = Sequential(n_planned=4000), np.arange(200, 4001, 100)
    paths = np.cumsum(draws.normal(size=(1000, 4000)), axis=1)[:, looks - 1] / looks

    stopped = [
        any(
            rule.p_value(Estimate(value, 1 / math.sqrt(n), int(n))) < rule.alpha
            for value, n in zip(path, looks, strict=True)
        )
        for path in paths
    ]
    peeked = (np.abs(paths) * np.sqrt(looks) > 1.96).any(axis=1)

    assert np.mean(stopped) < 0.05 < np.mean(peeked)
