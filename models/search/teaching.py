"""An order taught by searches, and judged on later ones beside what would serve otherwise."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.evaluation.intervals import Interval, gain, interval
from models.gate import Decision
from models.ranking.lambdamart import LambdaMARTRanker
from models.search.behaviour import (
    Find,
    ShownSearches,
    found,
    gains,
    lessons,
    ndcg,
    together,
)
from models.search.features import COLUMN, Features, emphasis
from models.search.formula import FormulaOrder
from models.search.learned import LearnedOrder
from models.search.second_stage import Order
from models.search.signals import Signals

FIRST_STAGE, POPULARITY, FORMULA, LEARNED = "first stage", "popularity", "formula", "learned"
K = 10
SEED = 0
MAX_PLACES = 30
"""Places of a list that have a say of their own."""

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Searches:
    """Shown searches, what the second stage would have known of their products, and what these gain.

    `base` is what a long query's words add to every order.
    """

    shown: ShownSearches
    features: Features
    base: Values
    gained: Values

    def ndcg(self, scores: Values) -> Values:
        """Return each search's nDCG@10 by scores of the products."""
        return ndcg(self.shown, scores, self.gained, K)


def prepared(
    shown: ShownSearches,
    find: Find,
    signals_of: Callable[[int], Signals],
    examined: Values,
    n_most: int,
) -> Searches:
    """Return the last searches that tell something of what their words find.

    Parameters
    ----------
    signals_of
        Returns what was known of products before a day.
    examined
        Of `behaviour.examination`.
    """
    told = found(shown.telling(n_most), find).telling(n_most)
    features = lessons(told, find, signals_of)
    n_parts = np.array([find(query).n_parts for query in told.queries], np.int64)
    base = emphasis(features, n_parts[told.search])
    return Searches(told, features, base, gains(told, examined))


def joined(earlier: Searches, later: Searches) -> Searches:
    """Return the searches of both."""
    return Searches(
        together([earlier.shown, later.shown]),
        np.concatenate([earlier.features, later.features]),
        np.concatenate([earlier.base, later.base]),
        np.concatenate([earlier.gained, later.gained]),
    )


def taught(searches: Searches) -> LearnedOrder:
    """Return the order that searches teach.

    Raises
    ------
    ValueError
        If no product was looked at, or every one.
    """
    shown = searches.shown
    ranker = LambdaMARTRanker(n_trees=100, n_leaves=7, min_rows_per_leaf=200, k=K, seed=SEED)
    places = np.minimum(shown.position, MAX_PLACES)
    return LearnedOrder(
        ranker.fit(searches.features, shown.outcome, shown.n_shown, places, searches.base)
    )


def judged(searches: Searches, learned: Order) -> dict[str, Values]:
    """Return each search's nDCG@10 by name of the order."""
    features = searches.features
    scores = {
        FIRST_STAGE: features[:, COLUMN["text_ratio"]].astype(np.float64),
        POPULARITY: np.nan_to_num(features[:, COLUMN["demand_lift"]].astype(np.float64)),
        FORMULA: FormulaOrder().logarithms(features) + searches.base,
        LEARNED: learned.logarithms(features) + searches.base,
    }
    return {name: searches.ndcg(each) for name, each in scores.items()}


def means(values: Mapping[str, Values]) -> dict[str, Interval]:
    """Return each order's mean with its interval over the searches."""
    return {name: interval(each) for name, each in values.items()}


def decided(values: Mapping[str, Values]) -> Decision:
    """Let the learned order serve if it beats the formula and popularity for more than by luck.

    The differences are of the same searches, and their intervals have to lie above 0.
    """
    ahead = {name: gain(values[LEARNED], values[name]) for name in (FORMULA, POPULARITY)}
    told = ", ".join(
        f"{each.mean:+.4f} [{each.low:+.4f}, {each.high:+.4f}] over {name}"
        for name, each in ahead.items()
    )
    mean = interval(values[LEARNED]).mean
    if all(each.low > 0 for each in ahead.values()):
        return Decision(promote=True, sentence=f"promoted: nDCG@{K} {mean:.4f}, {told}")
    return Decision(
        promote=False, sentence=f"kept out: nDCG@{K} {mean:.4f} is not surely better: {told}"
    )
