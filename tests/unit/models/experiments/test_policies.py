"""What policies would have earned that nobody tried (models.evaluation.experiments.policies)."""

import numpy as np
import pytest

from models.evaluation.experiments.analysis import ArmUnits
from models.evaluation.experiments.policies import Logged, logged, policy_values

SHARES = {"control": 0.5, "other": 0.5}


def units(cents, before):
    nothing = np.zeros(len(cents))
    return ArmUnits(
        counts={"revenue_cents": np.array(cents, float), "n_exposures": nothing + 1},
        before={"revenue_cents": np.array(before, float)},
        latencies=nothing,
        latency_units=np.arange(len(cents)),
        first_credits=nothing,
        second_credits=nothing,
    )


def values(log):
    return {each.policy: each.value.value for each in policy_values(log)}


def test_everybody_in_an_arm_earns_what_its_units_did():
    log = logged({"control": units([100, 300], [0, 0]), "other": units([500, 700], [0, 0])}, SHARES)

    found = values(log)

    assert found == {"control for everybody": 200.0, "other for everybody": 600.0}


def test_an_arm_with_little_chance_counts_for_those_who_did_not_get_it():
    """One unit in four had the arm: its weight is four, and the mean is still its own."""
    arms = {"control": units([100] * 3, [0] * 3), "other": units([500], [0])}

    [_, other] = policy_values(logged(arms, {"control": 0.75, "other": 0.25}))

    assert other.value.value == 500.0
    assert other.n_effective == 1.0


def test_each_kind_gets_the_arm_that_was_better_for_it():
    """Buyers spend 900 with `other` and 100 without; others 300 with `control` and 200 with `other`."""
    arms = {
        "control": units([300] * 8 + [100] * 8, [0] * 8 + [1] * 8),
        "other": units([200] * 8 + [900] * 8, [0] * 8 + [1] * 8),
    }

    found = values(logged(arms, SHARES))

    assert found["other for who bought before, control for others"] == pytest.approx(600.0)
    assert found["control for everybody"] == pytest.approx(200.0)
    assert found["other for everybody"] == pytest.approx(550.0)


def test_the_split_is_judged_by_units_that_did_not_choose_it():
    """Where arms are alike, choosing the better one promises nothing: over many draws the mean is right."""
    draws, told = np.random.default_rng(3), []
    for _ in range(300):
        log = Logged(
            ["control", "other"],
            draws.integers(0, 2, 200),
            np.full(200, 0.5),
            draws.exponential(100.0, 200),
            draws.random(200) < 0.5,
        )
        told += [each.value.value for each in policy_values(log) if "others" in each.policy]

    assert np.mean(told) == pytest.approx(100.0, abs=2.5)


def test_without_two_units_of_a_kind_in_each_arm_no_split_is_proposed():
    log = logged({"control": units([100, 1], [0, 0]), "other": units([500, 1], [0, 9])}, SHARES)

    assert list(values(log)) == ["control for everybody", "other for everybody"]
