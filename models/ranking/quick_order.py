"""A learned order for one shortlist at a time: what `LearnedOrder` gives, without its detours.

It sees what `pair_features` puts side by side. A shortlist holds nothing its user had to do with, so
what a history tells of a candidate of its own is always the same.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from models.ranking.first_stage import LEAST_SPREAD
from models.ranking.pair_context import NAMES, Compared
from models.ranking.quick_trees import QuickTrees
from models.ranking.second_stage import Features, LearnedOrder
from models.ranking.shortlists import Shortlists
from models.retrieval.histories import Histories, Scores

N_CONTEXT = len(NAMES)


@dataclass(frozen=True)
class QuickOrder:
    """Trees, and what they see of items and users beside what changes from day to day.

    Parameters
    ----------
    by_item : array of shape (3, n_items)
    by_user : array of shape (n_users, 2)
    compared : array of shape (n_ratios, 2)
    """

    trees: QuickTrees
    by_item: Features
    by_user: Features
    compared: Compared

    def scores(
        self, shortlists: Shortlists, user: int, of_items: Features, of_user: Features
    ) -> Scores:
        """Return what to order a user's m candidates by.

        Parameters
        ----------
        of_items : array of shape (m, n_item_features)
        of_user : array of shape (n_user_features,)
        """
        columns = _columns(
            shortlists.items[user],
            (shortlists.scores[user], shortlists.places[user]),
            (shortlists.last[user], shortlists.spread[user], shortlists.n_each),
            (self.by_item, self.by_user[user]),
            (of_items, of_user, self.compared),
        )
        return self.trees.score(columns).astype(np.float32)


def quick_order(order: LearnedOrder, histories: Histories) -> QuickOrder:
    """Return an order as quick.

    Raises
    ------
    ValueError
        If its ranker is not fitted.
    """
    if order.ranker.trees_ is None:
        raise ValueError("the ranker is not fitted")
    facts = order.facts
    by_item = np.stack([facts.log_popularity, facts.log_recent_popularity, facts.age_share])
    lengths = histories.lengths.astype(np.float32)
    shares = n_distinct(histories) / np.maximum(lengths, 1)
    by_user = np.stack([lengths, shares.astype(np.float32)], axis=1)
    return QuickOrder(order.ranker.trees_, by_item, by_user, facts.compared)


def n_distinct(histories: Histories) -> NDArray[np.int64]:
    """Return how many items each history has."""
    cells = np.unique(histories.users * histories.n_items + histories.items)
    return np.bincount(cells // histories.n_items, minlength=len(histories))


@njit(cache=True)
def _columns(
    items: Any,  # noqa: ANN401 - compiled
    opinions: Any,  # noqa: ANN401
    ranges: Any,  # noqa: ANN401
    facts: Any,  # noqa: ANN401
    known: Any,  # noqa: ANN401
) -> Any:  # noqa: ANN401
    """Return the features, shape (n_features, m): the models', the context's, what else is known."""
    first, n_models = np.searchsorted(items, 0), opinions[0].shape[1]
    of_items, of_user, compared = known
    n_features = 3 * n_models + N_CONTEXT + of_items.shape[1] + len(of_user) + len(compared)
    columns = np.empty((n_features, len(items) - first), np.float32)
    _put_opinions(columns, first, opinions, ranges)
    _put_context(columns[3 * n_models :], items[first:], facts)
    _put_known(columns[3 * n_models + N_CONTEXT :], of_items, of_user, compared)
    return columns


@njit(cache=True)
def _put_known(columns: Any, of_items: Any, of_user: Any, compared: Any) -> None:  # noqa: ANN401
    n_items, n_user = of_items.shape[1], len(of_user)
    for feature in range(n_items):
        columns[feature] = of_items[:, feature]
    for feature in range(n_user):
        columns[n_items + feature] = of_user[feature]
    for number in range(len(compared)):
        of_item, usual = compared[number, 0], of_user[compared[number, 1]]
        for place in range(columns.shape[1]):
            # As `features.on_demand.ratio`.
            at = of_items[place, of_item] / usual if usual > 0 else np.float32(np.nan)
            columns[n_items + n_user + number, place] = at


@njit(cache=True)
def _put_opinions(columns: Any, first: Any, opinions: Any, ranges: Any) -> None:  # noqa: ANN401
    (scores, places), (last, spread, n_each) = opinions, ranges
    n_models = scores.shape[1]
    for model in range(n_models):
        has_spread = spread[model] >= np.float32(LEAST_SPREAD)
        for place in range(columns.shape[1]):
            score, rank = scores[first + place, model], places[first + place, model]
            standing = np.float32(0)
            if rank <= n_each:
                standing = (score - last[model]) / spread[model] if has_spread else np.float32(1)
            columns[model, place] = score
            columns[n_models + model, place] = standing
            columns[2 * n_models + model, place] = rank


@njit(cache=True)
def _put_context(columns: Any, items: Any, facts: Any) -> None:  # noqa: ANN401
    by_item, by_user = facts
    for place in range(len(items)):
        for fact in range(3):
            columns[fact, place] = by_item[fact, items[place]]
    columns[3], columns[4] = by_user[0], by_user[1]
    columns[5], columns[6], columns[7] = 0, -1, -1  # never among the user's own
