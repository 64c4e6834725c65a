"""Sweeps of settings (models.evaluation.sweep) on a log of ten users, and what may be swept (models.spaces)."""

import itertools
import warnings
from dataclasses import dataclass

import numpy as np
import pytest
from optuna.distributions import FloatDistribution

from models.evaluation import sweep as module
from models.evaluation.holdouts import last_event
from models.evaluation.sweep import Plan, Race, SweepTrial, best_of, rungs_of, starts, sweep
from models.evaluation.trials import Family, Problem
from models.families import families, nightly_families
from models.ranking.pair_context import item_facts
from models.retrieval.items import Items
from models.spaces import SPACES
from tests.unit.models.logs import drawn

N_ITEMS, WANTED = 30, 20
BIG = 0.9


@dataclass
class Placed:
    """Everybody wants item 20; this model puts it the lower, the further `x` is from .7."""

    x: float = 0.0
    y: float = 0.5

    def fit(self, histories, items):
        if self.x > BIG:
            raise MemoryError("too big")
        return self

    def score(self, histories):
        scores = np.tile(-np.arange(N_ITEMS, dtype=np.float32), (len(histories), 1))
        scores[:, WANTED] = 0.5 - round(10 * abs(self.x - 0.7))
        return scores


SPACE = {"x": FloatDistribution(0.0, 1.0)}
PLACED = Family("placed", Placed, [{"x": 0.0, "y": 0.25}, {"x": 0.5}])


@pytest.fixture
def problem():
    log = drawn(*["25 26 20"] * 10, n_items=N_ITEMS)
    holdout = last_event(log, repeats=False)
    seconds = itertools.count()
    items = Items.unknown(N_ITEMS)
    return Problem(holdout, items, item_facts(holdout.known), 10, lambda: float(next(seconds)))


def swept(problem, n_trials=15, seconds=1e9, seed=0):
    told = []
    made = sweep(problem, PLACED, SPACE, Plan(n_trials, seconds, seed), told.append)
    assert told == made
    return made


def test_the_default_and_the_known_settings_come_first_and_keep_what_is_not_swept(problem):
    made = swept(problem)

    assert [trial.params for trial in made[:2]] == [{"x": 0.0, "y": 0.25}, {"x": 0.5, "y": 0.25}]
    assert {trial.params["y"] for trial in made} == {0.25}


def test_a_list_is_judged_as_ever(problem):
    _, known, *_ = swept(problem)

    # .2 from the best is two places below the first: found at the third place, 1 / log2(4)
    assert known.value == pytest.approx(0.5)


def test_the_best_is_nearer_to_the_truth_than_any_known_setting(problem):
    best = best_of(swept(problem))

    assert best.value == 1.0
    assert best.params["x"] == pytest.approx(0.7, abs=0.06)


def test_the_same_seed_gives_the_same_trials_and_another_one_others(problem):
    first, again, other = (
        [trial.params["x"] for trial in swept(problem, seed=seed)] for seed in (3, 3, 4)
    )

    assert first == again
    assert first != other


def test_a_trial_that_fails_is_kept_with_its_reason_and_the_sweep_goes_on(problem):
    made = swept(problem, n_trials=30)

    failed = [trial for trial in made if trial.state == "failed"]
    assert len(made) == 30
    assert failed
    assert all(trial.params["x"] > BIG for trial in failed)
    assert {trial.error for trial in failed} == {"MemoryError: too big"}
    assert np.isnan(failed[0].value)


def test_no_trial_begins_after_the_time_is_over_but_the_first_always_does(problem):
    assert len(swept(problem, seconds=0)) == 1
    assert 1 < len(swept(problem, n_trials=100, seconds=20)) < 20  # the clock ticks a second a look


def test_who_is_judged_first_grows_and_few_users_are_judged_at_once():
    parts = rungs_of(8_000, seed=1)

    assert [len(part) for part in parts] == [1_000, 1_000, 2_000, 4_000]
    assert np.array_equal(np.sort(np.concatenate(parts)), np.arange(8_000))
    assert [len(part) for part in rungs_of(900, seed=1)] == [900]
    assert [len(part) for part in rungs_of(2_000, seed=1)] == [500, 500, 1_000]


def test_what_is_clearly_below_the_best_on_the_first_users_is_not_asked_of_the_others(
    problem, monkeypatch
):
    monkeypatch.setattr(module, "N_RUNG_USERS", 2)

    made = swept(problem, n_trials=30)

    pruned = [trial for trial in made if trial.state == "pruned"]
    assert pruned
    assert all(np.isnan(trial.values).any() for trial in pruned)
    assert best_of(made).state == "finished"
    assert best_of(made).value >= max(trial.value for trial in pruned)


@pytest.mark.parametrize(
    ("values", "is_lost"),
    [
        ([0.0, 0.0, 0.0, np.nan], True),  # .5 below on each of three
        ([0.5, 0.5, 0.5, np.nan], False),
        ([0.0, 0.0, 1.0, np.nan], False),  # .17 below on average, with an error of .27
        ([0.4, 0.4, 0.4, np.nan], True),
    ],
)
def test_a_race_is_lost_two_standard_errors_below_the_best(values, is_lost):
    best = SweepTrial(0, {}, "finished", values=np.full(4, 0.5))

    assert Race([], best).is_lost(np.array(values)) is is_lost


def test_who_comes_first_loses_no_race():
    assert not Race([], None).is_lost(np.zeros(3))


def test_without_a_trial_that_ended_there_is_no_best():
    assert best_of([]) is None


@pytest.mark.parametrize(
    "family", [f for f in families() if f.name in SPACES], ids=lambda f: f.name
)
def test_every_space_holds_its_familys_settings_and_names_what_the_model_takes(family):
    space = SPACES[family.name]

    found = starts(family, space)

    pairs = zip(family.settings, found, strict=True)
    assert all(params.items() <= whole.items() for params, whole in pairs)
    family.make(**found[0])


def test_nightly_settings_can_be_swept_from():
    for family in nightly_families():
        if family.name in SPACES:
            assert len(starts(family, SPACES[family.name])) == len(family.settings)


def test_only_families_are_swept():
    assert set(SPACES) <= {family.name for family in families()}


def test_optuna_is_asked_without_warnings(problem):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        swept(problem)
