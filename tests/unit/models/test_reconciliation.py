"""Making forecasts of products, warehouses and the whole agree (models.forecasting.reconciliation)."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.forecasting.reconciliation import Level, reconciled, summed


def level(group, forecast, variance):
    return Level(np.array(group), np.array(forecast, float)[:, None], np.array(variance, float))


def test_two_leaves_and_their_sum_by_hand():
    """Leaves 2 and 4, sum 9: the gap of 3 is shared by variances 1, 1 and, for the sum itself, 1."""
    leaves = np.array([[2.0], [4.0]])

    found = reconciled(leaves, np.array([1.0, 1.0]), [level([0, 0], [9], [1])])

    assert found.ravel() == pytest.approx([3, 5])


def test_who_is_surest_moves_least():
    leaves = np.array([[2.0], [4.0]])

    found = reconciled(leaves, np.array([1.0, 3.0]), [level([0, 0], [9], [1e-9])])

    assert found.ravel() == pytest.approx([2 + 3 / 4, 4 + 9 / 4])


def test_forecasts_that_agree_stay():
    leaves = np.array([[2.0], [4.0], [6.0], [8.0]])
    by_product, by_place = (
        level([0, 0, 1, 1], [6, 14], [2, 2]),
        level([0, 1, 0, 1], [8, 12], [3, 3]),
    )

    found = reconciled(leaves, np.ones(4), [by_product, by_place, level([0] * 4, [20], [4])])

    assert found == pytest.approx(leaves)


def test_no_leaf_is_below_zero_and_the_total_is_kept():
    """Leaves 1 and 9, sum 4: each would lose 2 of the 3 thirds, the first ends below zero."""
    leaves = np.array([[1.0], [9.0]])

    found = reconciled(leaves, np.array([1.0, 1.0]), [level([0, 0], [4], [1])])

    assert found.ravel() == pytest.approx([0, 6])


@given(st.integers(1, 12), st.integers(1, 4), st.integers(1, 3), st.integers(0, 10**6))
def test_levels_that_cross_agree_with_the_leaves_and_nothing_is_below_zero(n, n_groups, days, seed):
    rng = np.random.default_rng(seed)
    leaves, variance = rng.gamma(1, 5, (n, days)), rng.uniform(0.1, 5, n)
    levels = [
        Level(rng.integers(0, k, n), rng.gamma(1, 5 * n / k, (k, days)), rng.uniform(0.1, 5, k))
        for k in (n_groups, 2, 1)
    ]

    found = reconciled(leaves, variance, levels)

    assert (found >= 0).all()
    for each in levels[:2]:
        assert summed(found, each).sum(axis=0) == pytest.approx(summed(found, levels[2])[0])


def test_a_variance_of_zero_is_refused():
    with pytest.raises(ValueError, match="above 0"):
        reconciled(np.ones((2, 1)), np.array([1.0, 0.0]), [level([0, 0], [2], [1])])


def test_without_levels_nothing_moves():
    assert (reconciled(np.ones((2, 1)), np.ones(2), []) == 1).all()
