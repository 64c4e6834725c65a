"""Judge the recommender's methods on a window of days, and choose one of them there.

What is reported as test must not choose: the job chooses on the days before its hold-out.
"""

import datetime as dt
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix, diags

from models.bundle import Method
from models.evaluation.lists import measures
from models.ranking.candidates import rank
from models.ranking.hybrid import HybridRanker
from models.recommender import Fitted, Params, fit_ranker
from models.retrieval.contract import NO_ITEM, Retriever, Rows

K = 10
JUDGED_BY = "ndcg"
METHODS: tuple[Method, ...] = ("hybrid", "als", "content")

Scores = dict[str, dict[str, float]]


@dataclass(frozen=True)
class Window:
    """The days (`after`, `last`] and what each of some users first dealt with and bought then."""

    after: dt.date
    last: dt.date
    users: Rows
    relevant: csr_matrix  # (len(users), n_items)
    seen: csr_matrix  # (len(users), n_items), by the end of `after`
    all_relevant: csr_matrix  # (n_users, n_items)


@dataclass(frozen=True)
class Choice:
    """The method to serve and the measures that chose it; none if there was no window before."""

    method: Method
    scores: Scores
    after: dt.date | None
    last: dt.date | None
    n_users: int


def judge(fitted: Fitted, window: Window) -> Scores:
    """Return the measures of each first-stage model, by name."""
    models: dict[str, Retriever] = {
        "popularity": fitted.popularity,
        "als": fitted.als,
        "content": fitted.content,
    }
    found = {name: model.retrieve(window.users, window.seen, K) for name, model in models.items()}
    return {name: measures(items, window.relevant) for name, (items, _) in found.items()}


def judge_hybrid(fitted: Fitted, ranker: HybridRanker, window: Window) -> dict[str, float]:
    """Return the measures of the ranker above the first stage."""
    users = fitted.users.part(window.users)
    items, _ = rank(ranker, users, fitted.items, window.seen, K)
    return measures(items, window.relevant)


def cross_judge_hybrid(fitted: Fitted, window: Window, params: Params) -> dict[str, float]:
    """Return the hybrid's measures on the very window that teaches rankers; empty if it can't.

    Users fall into two halves, and each is ranked by what the other half's purchases taught.
    """
    shuffled = np.random.default_rng(params.seed).permutation(window.all_relevant.shape[0])
    half = shuffled % 2
    items = np.full((len(window.users), K), NO_ITEM, np.int64)
    for taught, judged in ((0, 1), (1, 0)):
        ranker = fit_ranker(fitted, rows_only(window.all_relevant, half == taught), params)
        if ranker is None:
            return {}
        rows = np.nonzero(half[window.users] == judged)[0]
        users = fitted.users.part(window.users[rows])
        items[rows], _ = rank(ranker, users, fitted.items, window.seen[rows], K)
    return measures(items, window.relevant)


def rows_only(matrix: csr_matrix, kept: np.ndarray) -> csr_matrix:
    """Return the matrix with the rows that are not kept emptied."""
    part = (diags(kept.astype(matrix.dtype)) @ matrix).tocsr()
    part.eliminate_zeros()
    return part


def choose(fitted: Fitted | None, window: Window, params: Params) -> Choice:
    """Choose the best of `METHODS` on a window that the models were fitted before.

    Nothing to choose by (no model, or no user in the window) leaves the simplest, ALS.
    """
    if fitted is None or not len(window.users):
        return Choice("als", {}, None, None, 0)
    scores = judge(fitted, window)
    hybrid = cross_judge_hybrid(fitted, window, params)
    if hybrid:
        scores["hybrid"] = hybrid
    return Choice(best(scores), scores, window.after, window.last, len(window.users))


def best(scores: Scores) -> Method:
    """Return the method with the best measure; of equals the first of `METHODS`."""
    known = [method for method in METHODS if method in scores]
    return max(known, key=lambda method: scores[method][JUDGED_BY])
