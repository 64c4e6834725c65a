"""Recommenders compared on a log: chosen on one hold-out, reported on a later one."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from models.evaluation.holdouts import Holdout
from models.evaluation.intervals import Interval, gain
from models.evaluation.report import Report, report
from models.evaluation.study import SINGLE, Study, study
from models.evaluation.trials import Family, Problem, tried
from models.ranking.pair_context import item_facts
from models.ranking.second_stage import Order, SingleOrder, TwoStages
from models.retrieval.contract import retrieve
from models.retrieval.histories import Rows
from models.retrieval.items import NO_CATEGORY, Items
from models.retrieval.popularity import PopularityRetriever

Say = Callable[[str], None]
N_CHOOSING_USERS = 10_000
REFERENCE = "popularity"
SEED = 0
"""Of the intervals."""


@dataclass(frozen=True)
class Comparison:
    """What is to be found out.

    Parameters
    ----------
    families
        What may be tried.
    items
        What is known of the items of the log.
    k
        Places of a list.
    seconds
        After so long no more settings are tried.
    """

    families: Sequence[Family]
    items: Items
    k: int
    seconds: float
    seed: int
    clock: Callable[[], float] = time.monotonic


@dataclass(frozen=True)
class Outcome:
    """What was found out: reports on the later hold-out by model, and the study that chose.

    `fit_seconds` is what fitting the study's members took.
    """

    reports: Mapping[str, Report]
    study: Study
    fit_seconds: float

    @property
    def chosen(self) -> str:
        """Return the name of the chosen one among the reports."""
        return self.study.chosen_name

    def gain_over(self, name: str) -> Interval:
        """Return how much NDCG the chosen one has over another, user by user."""
        return gain(self.reports[self.chosen].ndcg, self.reports[name].ndcg)


def compare(comparison: Comparison, choosing: Holdout, judging: Holdout, say: Say) -> Outcome:
    """Choose on one hold-out, report on the other.

    Parameters
    ----------
    choosing
        Cut from `judging.known` only.
    """
    say(f"choosing on {choosing.rule}: {len(choosing.asked):,} users or prefixes")
    seed, k = comparison.seed, comparison.k
    problem = Problem(
        choosing.sample(N_CHOOSING_USERS, seed),
        comparison.items,
        item_facts(choosing.known),
        k,
        comparison.clock,
    )
    trials = tried(problem, comparison.families, comparison.seconds, say)
    found = study(problem, trials, seed, say)
    say(f"chosen: {found.reason}")
    say(f"judging on {judging.rule}: {len(judging.asked):,} users or prefixes")
    began = comparison.clock()
    facts = item_facts(judging.known)
    fitted = found.fit(judging.known, comparison.items, facts)
    seconds = comparison.clock() - began
    reports = judged(found, fitted, judging, comparison.items, k)
    return Outcome(reports, found, seconds)


def judged(
    found: Study, fitted: TwoStages, judging: Holdout, items: Items, k: int
) -> dict[str, Report]:
    """Return the reports of popularity, every member alone, and every order above them."""
    alone: dict[str, Order] = {
        setting.name: SingleOrder(place) for place, setting in enumerate(found.members)
    }
    above = {kind: order for kind, order in fitted.orders.items() if kind != SINGLE}
    stages = TwoStages(fitted.models, alone | above, fitted.n_each)
    lists = {name: found for name, (found, _) in stages.recommend(judging.asked, k).items()}
    if REFERENCE not in lists:
        lists = {REFERENCE: popular(judging, items, k), **lists}
    groups = groups_of(items)
    return {name: report(found, judging, groups, SEED) for name, found in lists.items()}


def popular(judging: Holdout, items: Items, k: int) -> Rows:
    """Return the reference's lists."""
    model = PopularityRetriever().fit(judging.known, items)
    return retrieve(model, judging.asked.histories, judging.asked.seen, k)[0]


def groups_of(items: Items) -> Rows | None:
    """Return each item's category, those without one together; None if no item has any."""
    categories = items.categories
    if not items.have_categories:
        return None
    return np.where(categories == NO_CATEGORY, categories.max() + 1, categories)
