"""How far a feature is from what it was (models.evaluation.shift)."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.evaluation.shift import shift

SEEDS = st.integers(0, 10**6)


def drawn(seed, n=400, mean=0.0, unknown=0.0):
    chance = np.random.default_rng(seed)
    values = chance.normal(mean, 1, n)
    values[chance.random(n) < unknown] = np.nan
    return values


@settings(max_examples=50)
@given(SEEDS, SEEDS)
def test_two_samples_of_one_distribution_hardly_differ(first, second):
    found = shift(drawn(first), drawn(second + 10**7))

    assert found.psi < 0.15


@settings(max_examples=50)
@given(SEEDS)
def test_a_distribution_does_not_differ_from_itself(seed):
    values = drawn(seed, unknown=0.2)

    assert (shift(values, values).psi, shift(values, values).ks) == (0, 0)


@settings(max_examples=50)
@given(SEEDS)
def test_a_moved_distribution_differs_by_both_measures(seed):
    found = shift(drawn(seed), drawn(seed + 10**7, mean=1.5))

    assert found.psi > 0.5
    assert not found.is_chance


def test_the_index_is_that_of_the_shares_worked_out_by_hand():
    """Halves become a quarter and three: (.25 - .5) ln(.25/.5) + (.75 - .5) ln(.75/.5) = .27465."""
    n = 100_000
    trained = np.repeat([0.0, 1.0], n // 2)
    now = np.repeat([0.0, 1.0], [n // 4, 3 * n // 4])

    found = shift(trained, now)

    assert found.psi == pytest.approx(0.27465, abs=1e-4)
    assert found.ks == 0.25


@pytest.mark.parametrize(
    ("mean_now", "is_same"),
    [(3.97, True), (3.93, True), (4.5, False), (3.4, False)],
)
def test_most_values_moving_by_a_hundredth_is_no_shift_and_by_a_seventh_is_one(mean_now, is_same):
    """Two products in three have the shop's mean, 3.95, as nobody has reviewed them."""
    reviewed = np.random.default_rng(4).uniform(3, 5, 100)
    trained, now = (np.append(reviewed, np.full(200, mean)) for mean in (3.95, mean_now))

    found = shift(trained, now)

    assert found.is_chance == is_same
    assert found.ks > found.ks_bound


def test_values_that_are_no_longer_known_are_a_shift():
    assert shift(drawn(1), drawn(2, unknown=0.5)).psi > 0.5


@pytest.mark.parametrize(("n", "m"), [(0, 5), (5, 0)])
def test_nothing_cannot_be_compared(n, m):
    with pytest.raises(ValueError, match="of nothing"):
        shift(np.zeros(n), np.ones(m))
