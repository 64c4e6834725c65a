"""Forecasts of products, categories, warehouses and the whole made to agree.

Source: Wickramasuriya, Athanasopoulos, Hyndman, "Optimal forecast reconciliation for hierarchical and
grouped time series through trace minimization" (JASA 2019), with a diagonal error covariance, in the
form that solves for as many unknowns as there are groups: with W the leaves' variances, V the groups',
G the sums over leaves, b and g the forecasts, the leaves become b + W G' (G W G' + V)^-1 (g - G b). Where we
depart from it: a leaf below zero is set to zero, and all leaves of the day are scaled to the same total.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import splu

Units = NDArray[np.float64]
Codes = NDArray[np.int64]


@dataclass(frozen=True)
class Level:
    """Sums over leaves, as one forecast each.

    Parameters
    ----------
    group : array of shape (n_leaves,)
        The row, in `forecast`, of the sum that a leaf is part of.
    forecast : array of shape (n_groups, horizon)
        Made without looking at the leaves' forecasts.
    variance : array of shape (n_groups,)
        Of its errors, above 0: how little it counts.
    """

    group: Codes
    forecast: Units
    variance: Units


def reconciled(leaves: Units, variance: Units, levels: Sequence[Level]) -> Units:
    """Return the leaves' forecasts moved as little as makes all levels sums of them; at least 0.

    Parameters
    ----------
    leaves : array of shape (n_leaves, horizon)
    variance : array of shape (n_leaves,)
        Of the leaves' errors, above 0: those least sure move most.

    Raises
    ------
    ValueError
        If a variance is not above 0.
    """
    if not levels or not len(leaves):
        return leaves
    if min(variance.min(), *(level.variance.min() for level in levels)) <= 0:
        raise ValueError(
            "a variance of 0 leaves nothing to reconcile: give every forecast one above 0"
        )
    finest, *others = sorted(levels, key=lambda level: -len(level.forecast))
    pull = _pull(finest, others, leaves, variance)
    return _not_below_zero(leaves + variance[:, None] * pull)


def _pull(finest: Level, others: Sequence[Level], leaves: Units, variance: Units) -> Units:
    """Return G' (G W G' + V)^-1 (g - G b), of shape (n_leaves, horizon).

    The groups of one level share no leaf, so its part of the matrix is diagonal: that of the level
    with most groups is eliminated by hand, which leaves as many unknowns as the other levels have groups.
    """
    first, weights = _sums(finest), sparse.diags(variance)
    own = np.asarray(first @ variance) + finest.variance
    gap = finest.forecast - first @ leaves
    if not others:
        return np.asarray(first.T @ (gap / own[:, None]))
    rest = sparse.vstack([_sums(level) for level in others]).tocsr()
    rest_gap = np.vstack([level.forecast for level in others]) - rest @ leaves
    trust = sparse.diags(np.concatenate([level.variance for level in others]))
    between = (rest @ weights @ first.T).tocsr()
    left = rest @ weights @ rest.T + trust - between @ sparse.diags(1 / own) @ between.T
    rest_pull = splu(left.tocsc()).solve(rest_gap - between @ (gap / own[:, None]))
    first_pull = (gap - between.T @ rest_pull) / own[:, None]
    return np.asarray(first.T @ first_pull + rest.T @ rest_pull)


def summed(leaves: Units, level: Level) -> Units:
    """Return the level's forecast as the sums of its leaves."""
    return np.asarray(_sums(level) @ leaves)


def _sums(level: Level) -> sparse.csr_matrix:
    n_leaves = len(level.group)
    return sparse.csr_matrix(
        (np.ones(n_leaves), (level.group, np.arange(n_leaves))), (len(level.forecast), n_leaves)
    )


def _not_below_zero(leaves: Units) -> Units:
    total = np.maximum(leaves.sum(axis=0), 0)
    positive = np.maximum(leaves, 0)
    return np.asarray(positive * (total / np.maximum(positive.sum(axis=0), 1e-12)))
