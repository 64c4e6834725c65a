"""A sweep of one family's settings on the hold-out that chooses: Optuna proposes, each trial is fitted and judged.

Source: Bergstra, Bardenet, Bengio, Kegl, "Algorithms for hyper-parameter optimization" (NIPS 2011) for the
tree-structured Parzen estimator, as Optuna has it. The first trials are the family's known settings, its
default before all, so that what comes out is never below it.

Fitting can't be stopped half-way. Judging is a race (Birattari et al., "A racing algorithm for configuring
metaheuristics" (GECCO 2002)): it takes growing parts of the users, the same for every trial, and ends where
a trial is clearly below the best so far on the users that both were judged by. Optuna's own pruners see
means only: its median pruner drops, of settings that are all good, the half with less luck so far.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
import optuna
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.trial import TrialState

from models.evaluation.lists import Values, mean, user_measures
from models.evaluation.trials import Family, Params, Problem
from models.retrieval.contract import Retriever, retrieve
from models.retrieval.histories import Rows
from models.spaces import Space

N_ERRORS = 2.0
"""Standard errors of the mean difference."""
RUNG_SHARES = (0.125, 0.25, 0.5, 1.0)
N_RUNG_USERS = 500
"""Fewer judge nothing but luck."""
STATES = {
    "finished": TrialState.COMPLETE,
    "pruned": TrialState.PRUNED,
    "failed": TrialState.FAIL,
}


@dataclass(frozen=True)
class Plan:
    """How long to sweep: so many trials, none begun after `seconds` but the first; `seed` of all draws."""

    n_trials: int
    seconds: float
    seed: int


@dataclass(frozen=True)
class SweepTrial:
    """One setting and what became of it.

    Parameters
    ----------
    values : array of shape (n_users,)
        Each user's NDCG@k, nan for those who were not asked any more.
    error
        Of a failed one: what was raised.
    """

    number: int
    params: Params
    state: Literal["finished", "pruned", "failed"]
    fit_seconds: float = 0.0
    score_seconds: float = 0.0
    values: Values = field(default_factory=lambda: np.empty(0))
    error: str = ""

    @property
    def value(self) -> float:
        """Return the mean over the users who were asked; nan if it failed."""
        return mean(self.values)


def sweep(
    problem: Problem, family: Family, space: Space, plan: Plan, tell: Callable[[SweepTrial], None]
) -> list[SweepTrial]:
    """Try settings of the family and return all trials in the order they were made.

    The same seed gives the same trials, as long as there is time. One that raises is kept as failed.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(
        direction="maximize",
        sampler=optuna.samplers.TPESampler(seed=plan.seed),
        pruner=optuna.pruners.NopPruner(),
    )
    for params in starts(family, space)[: max(1, plan.n_trials // 2)]:
        study.enqueue_trial(dict(params))
    rungs = rungs_of(len(problem.holdout.asked), plan.seed)
    deadline = problem.clock() + plan.seconds
    made: list[SweepTrial] = []
    while len(made) < plan.n_trials and (not made or problem.clock() < deadline):
        asked = study.ask(dict(space))
        found = tried_once(problem, family, asked, Race(rungs, best_of(made)))
        study.tell(asked, _told_value(found), state=STATES[found.state])
        tell(found)
        made.append(found)
    return made


def starts(family: Family, space: Space) -> list[Params]:
    """Return the family's settings that lie in the space, each with a value for every axis of it."""
    whole = [_completed(family, params, space) for params in family.settings]
    return [
        params
        for params in whole
        if all(_lies_in(axis, params[name]) for name, axis in space.items())
    ]


def _lies_in(axis: BaseDistribution, value: object) -> bool:
    if isinstance(axis, CategoricalDistribution):
        return value in axis.choices
    if isinstance(axis, FloatDistribution | IntDistribution) and isinstance(value, float | int):
        return axis.low <= value <= axis.high
    return False


def _completed(family: Family, params: Params, space: Space) -> Params:
    model = family.make(**params)
    return {name: params[name] if name in params else getattr(model, name) for name in space}


def rungs_of(n_users: int, seed: int) -> list[Rows]:
    """Return who is judged first, next, ...: all users in parts; few are one part."""
    order = np.random.default_rng(seed).permutation(n_users)
    ends = [round(n_users * share) for share in RUNG_SHARES]
    ends = [end for end in ends if end >= N_RUNG_USERS or end == n_users]
    return [np.sort(part) for part in np.split(order, ends[:-1])]


@dataclass(frozen=True)
class Race:
    """Who is judged in which order, and the trial to beat, if there is any yet."""

    rungs: Sequence[Rows]
    best: SweepTrial | None

    def is_lost(self, values: Values) -> bool:
        """Return whether users' values, nan for who was not asked yet, are clearly below the best's."""
        if self.best is None:
            return False
        differences = (values - self.best.values)[~np.isnan(values)]
        error = differences.std() / np.sqrt(len(differences))
        return bool(differences.mean() + N_ERRORS * error < 0)


def tried_once(problem: Problem, family: Family, asked: optuna.Trial, race: Race) -> SweepTrial:
    """Fit and judge what a trial of Optuna asks for."""
    params = {**family.settings[0], **asked.params}
    began = problem.clock()
    made = SweepTrial(asked.number, params, "failed")
    try:
        model = family.make(**params).fit(problem.holdout.known, problem.items)
        fitted = problem.clock()
        values, pruned = judged(problem, model, race, asked)
    except Exception as error:  # noqa: BLE001 - whatever a setting does, the next one may be good
        seconds = problem.clock() - began
        return replace(made, fit_seconds=seconds, error=f"{type(error).__name__}: {error}")
    return replace(
        made,
        state="pruned" if pruned else "finished",
        fit_seconds=fitted - began,
        score_seconds=problem.clock() - fitted,
        values=values,
    )


def judged(
    problem: Problem, model: Retriever, race: Race, asked: optuna.Trial
) -> tuple[Values, bool]:
    """Return each user's NDCG@k, and whether the later users were left out as not worth it."""
    holdout = problem.holdout
    values = np.full(len(holdout.asked), np.nan)
    for step, users in enumerate(race.rungs):
        part = holdout.asked.part(users)
        lists, _ = retrieve(model, part.histories, part.seen, problem.k)
        values[users] = user_measures(lists, holdout.relevant[users])["ndcg"]
        asked.report(mean(values), step)
        if step + 1 < len(race.rungs) and race.is_lost(values):
            return values, True
    return values, False


def best_of(trials: Sequence[SweepTrial]) -> SweepTrial | None:
    """Return the finished trial with the highest mean, of equals the first; None if there is none."""
    finished = [trial for trial in trials if trial.state == "finished"]
    return max(finished, key=lambda trial: trial.value, default=None)


def _told_value(found: SweepTrial) -> float | None:
    return found.value if found.state == "finished" else None
