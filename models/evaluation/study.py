"""Which recommender for this log: families of models tried, the best of them combined, one chosen.

All is judged on a hold-out cut from what may be learnt from; the figures that are reported in the
end come from another, later one, which nothing here sees.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from models.evaluation.intervals import gain
from models.evaluation.lessons import (
    Lesson,
    Teach,
    blend_taught_by,
    cross_ndcg,
    lesson_of,
    ranker_taught_by,
    shown_ranker_taught_by,
)
from models.evaluation.trials import Problem, Setting, Trial
from models.ranking.pair_context import ItemFacts
from models.ranking.second_stage import Order, SingleOrder, TwoStages
from models.retrieval.contract import Retriever
from models.retrieval.histories import Histories
from models.retrieval.items import Items

SINGLE = "single"
N_EACH = 150
N_MEMBERS = 6
N_TAUGHT_USERS = 10_000
N_ENOUGH_TAUGHT = 40
SHOWN_RANKER = "shown_ranker"
TEACH: Mapping[str, Teach] = {
    "blend": blend_taught_by,
    "ranker": ranker_taught_by,
    SHOWN_RANKER: shown_ranker_taught_by,
}
"""In the order of simplicity; the last one only where the log tells what was shown."""

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Study:
    """What combinations of models came to on the hold-out, and which of them was chosen and why.

    Parameters
    ----------
    members
        The models combined, the best single one first.
    orders
        Above the members, by kind: `single`, and those of `TEACH` that could be taught.
    values
        By kind: each judged user's NDCG, in an order taught by other users.
    """

    members: Sequence[Setting]
    orders: Mapping[str, Order]
    values: Mapping[str, Values]
    chosen: str
    reason: str

    @property
    def chosen_name(self) -> str:
        """Return the chosen kind, or the family's name where that is a single model."""
        return self.members[0].name if self.chosen == SINGLE else self.chosen

    def fit(self, known: Histories, items: Items, facts: ItemFacts) -> TwoStages:
        """Fit the members anew; the orders stay as they were taught."""
        fitted = [setting.fit(known, items) for setting in self.members]
        orders = {kind: order.refreshed(facts) for kind, order in self.orders.items()}
        return TwoStages(fitted, orders, N_EACH)


def study(
    problem: Problem, trials: Sequence[Trial], seed: int, say: Callable[[str], None]
) -> Study:
    """Combine the best of what was tried, and choose the simplest that nothing clearly beats.

    Parameters
    ----------
    trials
        Of distinct families, the best first.
    """
    best = trials[:N_MEMBERS]
    lesson = lesson_for(problem, [trial.model for trial in best], seed)
    alone = SingleOrder(0)
    values = {SINGLE: lesson.ndcg(alone), **combined(lesson)}
    for kind, each in values.items():
        say(f"{kind:<20} {each.mean():.4f}")
    chosen, reason = choice(values, seed)
    orders = {kind: TEACH[kind](lesson) if kind in TEACH else alone for kind in values}
    return Study([trial.setting for trial in best], orders, values, chosen, reason)


def single_study(setting: Setting) -> Study:
    """Return what is left where nothing can be tried: one model, not chosen by any figure."""
    return Study([setting], {SINGLE: SingleOrder(0)}, {}, SINGLE, "nothing to choose by")


def lesson_for(problem: Problem, models: Sequence[Retriever], seed: int) -> Lesson:
    """Return what the hold-out, or some of its users, teaches above the models."""
    holdout = problem.holdout.sample(N_TAUGHT_USERS, seed)
    return lesson_of(models, holdout, problem.facts, N_EACH, problem.k, seed)


def taught_again(found: Study, lesson: Lesson) -> Study:
    """Return the study with the chosen order taught by a newer lesson, if that can teach it."""
    if not teaches(lesson) or not _is_taught(found.chosen, lesson):
        return found
    newer = {found.chosen: TEACH[found.chosen](lesson)}
    return replace(found, orders={**found.orders, **newer})


def _is_taught(kind: str, lesson: Lesson) -> bool:
    return kind in TEACH and (kind != SHOWN_RANKER or lesson.shown is not None)


def teaches(lesson: Lesson) -> bool:
    """Return whether enough users found something wanted among their candidates."""
    return int(lesson.wanted.any(axis=1).sum()) >= N_ENOUGH_TAUGHT


def combined(lesson: Lesson) -> dict[str, Values]:
    """Return what blend and rankers come to; nothing of a lesson too short to teach both halves."""
    kinds = list(TEACH) if teaches(lesson) else []
    return {kind: cross_ndcg(lesson, TEACH[kind]) for kind in kinds if _is_taught(kind, lesson)}


def choice(values: Mapping[str, Values], seed: int) -> tuple[str, str]:
    """Return which kind to take and a sentence that says why.

    `values` are in the order of simplicity; a later kind is taken only where its mean gain over the
    one taken so far is more than one standard error (Breiman et al., "Classification and regression
    trees" (1984), 3.4.3). It is taught by half of the users here and by all of them later on.
    """
    taken = next(iter(values))
    reason = f"{taken}: nothing more complicated is clearly better"
    for kind in list(values)[1:]:
        gains = values[kind] - values[taken]
        if gains.mean() > gains.std() / np.sqrt(len(gains)):
            better = gain(values[kind], values[taken], seed)
            by = f"{better.mean:+.4f} [{better.low:+.4f}, {better.high:+.4f}]"
            taken, reason = kind, f"{kind}: NDCG {by} against {taken}"
    return taken, reason
