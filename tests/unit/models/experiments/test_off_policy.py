"""What another policy would have earned (models.evaluation.experiments.off_policy)."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.evaluation.experiments.off_policy import (
    effective_units,
    replayed,
    self_normalised,
    weighted,
    weights,
)

REWARDS = np.array([1.0, 0, 4, 2])
PROPENSITIES = np.array([0.5, 0.5, 0.25, 0.25])
WANTED = np.array([1.0, 0, 1, 0])


def test_by_hand():
    # Weights 2, 0, 4, 0: (2 * 1 + 4 * 4) / 4 = 4.5; divided by their sum, 18 / 6 = 3.
    assert weighted(REWARDS, PROPENSITIES, WANTED).value == pytest.approx(4.5)
    assert self_normalised(REWARDS, PROPENSITIES, WANTED).value == pytest.approx(3)
    assert weighted(REWARDS, PROPENSITIES, WANTED, cap=2).value == pytest.approx(2.5)
    assert replayed(REWARDS, WANTED).value == pytest.approx(2.5)
    assert effective_units(np.array([2.0, 0, 4, 0])) == pytest.approx(36 / 20)


def test_an_action_without_a_chance_is_refused():
    with pytest.raises(ValueError, match="above 0"):
        weights(np.array([0.5, 0.0]), np.ones(2))


rewards = st.lists(st.floats(0, 10), min_size=3, max_size=20).map(np.array)


@given(rewards)
def test_the_logging_policy_earns_what_it_earned(earned):
    chances = np.full(len(earned), 0.3)

    assert weighted(earned, chances, chances).value == pytest.approx(earned.mean())
    assert self_normalised(earned, chances, chances).value == pytest.approx(earned.mean())


@given(rewards)
def test_self_normalised_rises_by_what_all_rewards_rise_by(earned):
    chances = np.linspace(0.2, 0.8, len(earned))
    wanted = 1 - chances

    before = self_normalised(earned, chances, wanted).value
    assert self_normalised(earned + 1, chances, wanted).value == pytest.approx(before + 1)


def test_intervals_hold_the_truth_where_chances_differ_by_context():
    draws = np.random.default_rng(3)
    hits = 0
    for _ in range(200):
        context = draws.random(600) < 0.5
        chance_of_one = np.where(context, 0.8, 0.3)
        action = draws.random(600) < chance_of_one
        earned = (draws.random(600) < np.where(action, 0.6, 0.2)).astype(float)
        found = weighted(earned, np.where(action, chance_of_one, 1 - chance_of_one), action * 1.0)
        low, high = found.interval()
        hits += low <= 0.6 <= high

    assert hits >= 180
