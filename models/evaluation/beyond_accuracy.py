"""What else a shop wants of its lists: new things, different things, each customer's own mixture."""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags
from sklearn.preprocessing import normalize

Items = NDArray[np.int64]
Values = NDArray[np.float64]

SMOOTHING = 0.01
"""Share of the history's distribution that is mixed into a list's (Steck 2018)."""


def novelty(recommended: Items, user_items: csr_matrix) -> Values:
    """Return each list's mean surprise in bits, -log2 of the share of users who know the item.

    Source: Zhou et al., "Solving the apparent diversity-accuracy dilemma of recommender systems"
    (PNAS 2010). An item nobody knows counts as known to one user in all. nan for an empty list.

    Parameters
    ----------
    recommended : array of shape (n_users, k)
        -1 fills a short list.
    user_items : csr_matrix of shape (n_known_users, n_items)
        Not zero where a user knows an item.
    """
    n_users = max(user_items.shape[0], 1)
    known_by = np.maximum(np.asarray((user_items != 0).sum(axis=0)).ravel(), 1)
    return _mean_over_list(-np.log2(known_by / n_users)[np.maximum(recommended, 0)], recommended)


def diversity(recommended: Items, user_items: csr_matrix) -> Values:
    """Return 1 - the mean cosine of each list's pairs of items, by who wanted them; in [0, 1].

    Source: Ziegler et al., "Improving recommendation lists through topic diversification" (WWW
    2005). nan for a list of fewer than two items.
    """
    items = normalize(user_items.T.tocsr().astype(np.float32))
    n_users, k = recommended.shape
    on_list = recommended >= 0
    rows = np.repeat(np.arange(n_users), k)[on_list.ravel()]
    cells = (np.ones(len(rows), np.float32), (rows, recommended[on_list]))
    lists = csr_matrix(cells, shape=(n_users, user_items.shape[1]))
    # The squared length of a sum of unit vectors is their number and all pairs' cosines.
    together = np.asarray((lists @ items).power(2).sum(axis=1)).ravel()
    lengths = np.diff(items.indptr) > 0
    n_unit = np.asarray(lists @ lengths.astype(np.float64)).ravel()
    n = on_list.sum(axis=1).astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(n > 1, 1 - (together - n_unit) / (n * (n - 1)), np.nan)


def miscalibration(recommended: Items, history: csr_matrix, groups: Items) -> Values:
    """Return how far each list's mixture of groups is from the history's, in nats; 0 is the same.

    Source: Steck, "Calibrated recommendations" (RecSys 2018): KL(history || list), the list smoothed.
    nan where history or list is empty.

    Parameters
    ----------
    history : csr_matrix of shape (n_users, n_items)
        How much each user wanted each item.
    groups : array of shape (n_items,)
        Category of each item, from 0.
    """
    n_groups = int(groups.max(initial=0)) + 1
    member = csr_matrix(
        (np.ones(len(groups)), (np.arange(len(groups)), groups)), shape=(len(groups), n_groups)
    )
    wanted = _shares(np.asarray((history @ member).todense()))
    rows = np.repeat(np.arange(len(recommended)), recommended.shape[1])
    on_list = recommended.ravel() >= 0
    shown = np.zeros_like(wanted)
    np.add.at(shown, (rows[on_list], groups[recommended.ravel()[on_list]]), 1)
    smooth = (1 - SMOOTHING) * _shares(shown) + SMOOTHING * wanted
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(wanted > 0, wanted * np.log(wanted / smooth), 0.0)
    return np.where(np.isnan(wanted + shown).any(axis=1), np.nan, terms.sum(axis=1))


def popularity_share(recommended: Items, head: NDArray[np.bool_]) -> Values:
    """Return the share of each list that is in `head`, shape (n_items,); nan for an empty list."""
    return _mean_over_list(head[np.maximum(recommended, 0)].astype(np.float64), recommended)


def _mean_over_list(values: Values, recommended: Items) -> Values:
    on_list = recommended >= 0
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray((values * on_list).sum(axis=1) / on_list.sum(axis=1))


def _shares(counts: Values) -> Values:
    total = counts.sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(diags(1 / total) @ counts) if len(counts) else counts
