"""A list that is not ten times the same: relevance against likeness to what is already on it.

Source: Carbonell and Goldstein, "The use of MMR, diversity-based reranking for reordering documents
and producing summaries" (SIGIR 1998). Two items are as alike as the share of the labels (category,
seller) they have in common.
"""

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Labels = NDArray[np.int64]


def diversified(
    relevance: NDArray[np.floating],
    labels: Labels,
    unlike_ratio: float,
    k: int,
    listed: Labels | None = None,
) -> NDArray[np.int64]:
    """Return the places of k items, the next to be shown first; ties go to the earlier place.

    Parameters
    ----------
    relevance : array of shape (n,)
        From 0 to 1.
    labels : array of shape (n, n_labels)
        0 is no label: unlike every other, and another 0.
    unlike_ratio
        What difference counts beside relevance, 0 (nothing) to 1 (all).
    listed : array of shape (n_listed, n_labels)
        What is on the list already.
    """
    before = np.empty((0, labels.shape[1]), np.int64) if listed is None else listed
    return np.asarray(greedy(relevance.astype(np.float64), labels, unlike_ratio, k, before))


@njit(cache=True)
def greedy(relevance: Any, labels: Any, unlike_ratio: Any, k: Any, listed: Any) -> Any:  # noqa: ANN401 - compiled
    """Do what `diversified` does, for compiled code."""
    n, n_labels = labels.shape
    likeness = np.zeros(n)
    taken = np.zeros(n, np.bool_)
    chosen = np.empty(min(k, n), np.int64)
    for row in range(len(listed)):
        _compare(labels, listed[row], n_labels, likeness)
    for place in range(len(chosen)):
        best, most = -1, -np.inf
        for item in range(n):
            worth = (1 - unlike_ratio) * relevance[item] - unlike_ratio * likeness[item]
            if not taken[item] and worth > most:
                best, most = item, worth
        taken[best] = True
        chosen[place] = best
        _compare(labels, labels[best], n_labels, likeness)
    return chosen


@njit(cache=True)
def _compare(labels: Any, one: Any, n_labels: Any, likeness: Any) -> None:  # noqa: ANN401 - compiled
    for item in range(len(labels)):
        shared = 0
        for label in range(n_labels):
            shared += labels[item, label] == one[label] and one[label] != 0
        likeness[item] = max(likeness[item], shared / n_labels)
