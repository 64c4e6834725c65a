"""Tries of settings: fitted before a hold-out and judged by it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from models.evaluation.holdouts import Holdout
from models.evaluation.lists import Values, mean, user_measures
from models.ranking.pair_context import ItemFacts
from models.retrieval.contract import Retriever, retrieve
from models.retrieval.histories import Histories
from models.retrieval.items import Items

Params = Mapping[str, Any]


@dataclass(frozen=True)
class Family:
    """A kind of retrieval model and what is worth trying of it.

    Parameters
    ----------
    make
        Builds a model, not fitted, from one of the settings.
    settings
        The first is the default; later ones are tried while there is time.
    unfit
        Says why the family can't be tried on a hold-out of these items, or None.
    """

    name: str
    make: Callable[..., Retriever]
    settings: Sequence[Params]
    unfit: Callable[[Holdout, Items], str | None] = field(default=lambda _, __: None)


@dataclass(frozen=True)
class Setting:
    """A family with its settings."""

    family: Family
    params: Params

    @property
    def name(self) -> str:
        """Return the family's name."""
        return self.family.name

    @property
    def words(self) -> str:
        """Return family and settings for people."""
        params = ", ".join(f"{name} {value}" for name, value in self.params.items())
        return f"{self.name}: {params}" if params else self.name

    def fit(self, known: Histories, items: Items) -> Retriever:
        """Return a model fitted on what is known."""
        return self.family.make(**self.params).fit(known, items)


@dataclass(frozen=True)
class Trial:
    """One setting, fitted and judged. `values` are each user's NDCG@k, shape (n_users,)."""

    setting: Setting
    model: Retriever
    values: Values
    fit_seconds: float
    score_seconds: float

    @property
    def value(self) -> float:
        """Return the mean over the users."""
        return mean(self.values)


@dataclass(frozen=True)
class Problem:
    """What is tried for: a hold-out, the items, the length of lists, and a clock (seconds).

    `facts` are what rankers know of the items before the hold-out.
    """

    holdout: Holdout
    items: Items
    facts: ItemFacts
    k: int
    clock: Callable[[], float]

    def judge(self, setting: Setting) -> Trial:
        """Fit one setting on what was known and judge it."""
        began = self.clock()
        model = setting.fit(self.holdout.known, self.items)
        fitted = self.clock()
        found, _ = retrieve(model, self.holdout.asked.histories, self.holdout.asked.seen, self.k)
        values = user_measures(found, self.holdout.relevant)["ndcg"]
        return Trial(setting, model, values, fitted - began, self.clock() - fitted)


def tried(
    problem: Problem, families: Sequence[Family], seconds: float, say: Callable[[str], None]
) -> list[Trial]:
    """Return each family's best setting, the best first.

    All defaults are tried, however long it takes. Then the other settings, those of the family that
    did best so far first, until `seconds` have gone.
    """
    deadline = problem.clock() + seconds
    best = {}
    for family in families:
        reason = family.unfit(problem.holdout, problem.items)
        if reason:
            say(f"{family.name} not tried: {reason}")
            continue
        best[family.name] = _told(problem.judge(Setting(family, family.settings[0])), say)
    in_order = sorted(best.values(), key=lambda trial: -trial.value)
    more = [
        Setting(trial.setting.family, params)
        for trial in in_order
        for params in trial.setting.family.settings[1:]
    ]
    for n_tried, setting in enumerate(more):
        if problem.clock() > deadline:
            say(f"{seconds:.0f} s are over: {len(more) - n_tried} more settings are not tried")
            break
        trial = _told(problem.judge(setting), say)
        best[setting.name] = max(best[setting.name], trial, key=lambda one: one.value)
    return sorted(best.values(), key=lambda trial: -trial.value)


def _told(trial: Trial, say: Callable[[str], None]) -> Trial:
    seconds = f"fit {trial.fit_seconds:.1f} s, score {trial.score_seconds:.1f} s"
    say(f"{trial.value:.4f}  {seconds}  {trial.setting.words}")
    return trial
