"""Weights of a blend of models, found on users whose wishes are known."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

STEPS = (0.0, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0, 1.5, 2.5)
N_SWEEPS = 3

Weights = NDArray[np.float32]


def best_weights(n_models: int, value: Callable[[Weights], float]) -> Weights:
    """Return the weights of the best value, the largest 1.

    One weight after the other takes the best of `STEPS`, several times over, from the best single
    model on: a blend is never worse than that, where it is taught.
    """
    singles = np.eye(n_models, dtype=np.float32)
    values = [value(weights) for weights in singles]
    best, weights = max(values), singles[int(np.argmax(values))]
    for _ in range(N_SWEEPS):
        before = best
        for model in range(n_models):
            for step in STEPS:
                tried = weights.copy()
                tried[model] = step
                found = value(tried) if tried.any() else -np.inf
                if found > best:
                    weights, best = tried, found
        if best == before:
            break
    return np.asarray(weights / weights.max(), np.float32)


def ndcg_by_user(
    scores: NDArray[np.float32],
    wanted: NDArray[np.bool_],
    n_wanted: NDArray[np.int64],
    k: int,
) -> NDArray[np.float64]:
    """Return each user's NDCG@k of candidates in the order of their scores, shape (n,).

    Parameters
    ----------
    scores, wanted : arrays of shape (n, m)
    n_wanted : array of shape (n,)
        In all, candidates or not; at least 1.
    """
    n_places = min(k, scores.shape[1])
    order = np.argpartition(-scores, n_places - 1, axis=1)[:, :n_places]
    best_first = np.argsort(-np.take_along_axis(scores, order, axis=1), axis=1, kind="stable")
    order = np.take_along_axis(order, best_first, axis=1)
    discount = 1 / np.log2(np.arange(2, k + 2))
    gain = np.take_along_axis(wanted, order, axis=1) @ discount[:n_places]
    best = np.cumsum(discount)[np.minimum(n_wanted, k) - 1]
    return np.asarray(gain / best)
