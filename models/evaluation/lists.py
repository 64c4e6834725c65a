"""How good ranked lists are, user by user and on average; all users at once.

Source of the discounted gain: Jarvelin, Kekalainen, "Cumulated gain-based evaluation of IR
techniques" (ACM TOIS 2002), with gain 1 for a relevant item and log2(1 + rank) as discount.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

Items = NDArray[np.int64]
Values = NDArray[np.float64]
"""Shape (n_users,); nan for a user who does not count."""


def hits(recommended: Items, relevant: csr_matrix) -> NDArray[np.bool_]:
    """Return which places hold a relevant item.

    Parameters
    ----------
    recommended : array of shape (n_users, k)
        Item columns, best first; -1 fills a short list and never hits.
    relevant : csr_matrix of shape (n_users, n_items)
        Not zero where the user's hold-out has the item.
    """
    rows = np.repeat(np.arange(len(recommended)), recommended.shape[1])
    found = np.asarray(relevant[rows, np.maximum(recommended, 0).ravel()]).ravel() != 0
    return np.asarray(found.reshape(recommended.shape) & (recommended >= 0))


def recall(recommended: Items, relevant: csr_matrix) -> float:
    """Return the share of a user's relevant items that are on the list, averaged over users.

    Users without a relevant item don't count; nan if no user has any.
    """
    return mean(user_measures(recommended, relevant)["recall"])


def ndcg(recommended: Items, relevant: csr_matrix) -> float:
    """Return the discounted gain over that of the best list possible, averaged like `recall`."""
    return mean(user_measures(recommended, relevant)["ndcg"])


def mean_reciprocal_rank(recommended: Items, relevant: csr_matrix) -> float:
    """Return 1 / the place of the first hit, 0 without one, averaged like `recall`."""
    return mean(user_measures(recommended, relevant)["mrr"])


def user_measures(recommended: Items, relevant: csr_matrix) -> dict[str, Values]:
    """Return each user's recall, ndcg, map and mrr, all in [0, 1]; nan without a relevant item.

    `map` is the mean over min(relevant items, k) of the precision at each hit (average precision as
    in Manning, Raghavan, Schuetze, "Introduction to Information Retrieval", 8.4, cut at k).
    """
    k = recommended.shape[1]
    found = hits(recommended, relevant)
    n_relevant = _n_relevant(relevant)
    discount = 1 / np.log2(np.arange(2, k + 2))
    best = np.concatenate([[0.0], np.cumsum(discount)])[np.minimum(n_relevant, k)]
    precision = np.cumsum(found, axis=1) / np.arange(1, k + 1)
    n_possible = np.minimum(n_relevant, k)
    first = np.where(found.any(axis=1), 1 / (found.argmax(axis=1) + 1), 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        values = {
            "recall": found.sum(axis=1) / n_relevant,
            "ndcg": found @ discount / best,
            "map": (precision * found).sum(axis=1) / n_possible,
        }
    values["mrr"] = np.where(n_relevant > 0, first, np.nan)
    return values


def mean(values: Values) -> float:
    """Return the mean over the users who count; nan if nobody does."""
    counts = ~np.isnan(values)
    return float(values[counts].mean()) if counts.any() else float("nan")


def coverage(recommended: Items, n_items: int) -> float:
    """Return the share of the catalogue that is on at least one list, in [0, 1]."""
    return len(np.unique(recommended[recommended >= 0])) / n_items


def measures(recommended: Items, relevant: csr_matrix) -> dict[str, float]:
    """Return all measures by name."""
    values = user_measures(recommended, relevant)
    return {
        "recall": mean(values["recall"]),
        "ndcg": mean(values["ndcg"]),
        "mrr": mean(values["mrr"]),
        "coverage": coverage(recommended, relevant.shape[1]),
    }


def _n_relevant(relevant: csr_matrix) -> NDArray[np.int64]:
    return np.asarray((relevant != 0).sum(axis=1)).ravel().astype(np.int64)
