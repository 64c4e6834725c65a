"""What every retrieval model does, and the choice of the best that all of them share."""

from collections.abc import Sequence
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

Rows = NDArray[np.int64]
Scores = NDArray[np.float32]

NO_ITEM = -1
N_USERS_AT_ONCE = 1_000


class Retriever(Protocol):
    """A model of what users want; users and items are rows and columns of one matrix."""

    def fit(self, user_items: csr_matrix, documents: Sequence[str]) -> Self:
        """Learn.

        Parameters
        ----------
        user_items : csr_matrix of shape (n_users, n_items)
            How much each user wants each item, above zero.
        documents
            One text per item; may be empty texts.
        """

    def retrieve(
        self, users: Rows, seen: csr_matrix, k: int, excluded: Rows | None = None
    ) -> tuple[Rows, Scores]:
        """Return each user's k best items, best first.

        Parameters
        ----------
        users : array of shape (n,)
            Rows of the matrix the model was fitted on.
        seen : csr_matrix of shape (n, n_items)
            Not zero where a user must not get the item again.
        excluded
            Items that nobody must get.

        Returns
        -------
        items, scores : arrays of shape (n, k)
            Distinct items by falling score, those with equal scores by rising number. Where there
            is no item, or the model knows nothing of the user, item -1 with score -inf.
        """


def top_k(
    scores: Scores, seen: csr_matrix, k: int, excluded: Rows | None = None
) -> tuple[Rows, Scores]:
    """Return the k best columns of each row as `Retriever.retrieve` does.

    `scores` (n, n_items) is changed; -inf in it marks items that must not be returned.
    """
    n_rows, n_items = scores.shape
    rows, columns = seen.nonzero()
    scores[rows, columns] = -np.inf
    if excluded is not None:
        scores[:, excluded] = -np.inf
    n_kept = min(k, n_items)
    items = _best(scores, n_kept)
    best = np.take_along_axis(scores, items, axis=1)
    order = np.argsort(-best, axis=1, kind="stable")  # equal scores stay by rising number
    found_items = np.full((n_rows, k), NO_ITEM, np.int64)
    found_scores = np.full((n_rows, k), -np.inf, np.float32)
    found_items[:, :n_kept] = np.take_along_axis(items, order, axis=1)
    found_scores[:, :n_kept] = np.take_along_axis(best, order, axis=1)
    found_items[np.isneginf(found_scores)] = NO_ITEM
    return found_items, found_scores


def _best(scores: Scores, k: int) -> Rows:
    """Return the columns of the k largest in each row by rising number; of equal ones the first."""
    n_items = scores.shape[1]
    least = np.partition(scores, n_items - k, axis=1)[:, n_items - k, None]
    above, level = scores > least, scores == least
    room = k - above.sum(axis=1, keepdims=True)
    kept = above | (level & (np.cumsum(level, axis=1) <= room))
    return np.asarray(np.nonzero(kept)[1].reshape(-1, k), np.int64)


def retrieve_by_vectors(
    user_vectors: Scores, item_vectors: Scores, seen: csr_matrix, k: int, excluded: Rows | None
) -> tuple[Rows, Scores]:
    """Return each user's items of the largest dot products; nothing for a user without a vector."""
    parts = []
    for start in range(0, len(user_vectors), N_USERS_AT_ONCE):
        chunk = slice(start, start + N_USERS_AT_ONCE)
        scores = user_vectors[chunk] @ item_vectors.T
        scores[~user_vectors[chunk].any(axis=1)] = -np.inf
        parts.append(top_k(scores, seen[chunk], k, excluded))
    if not parts:
        return np.empty((0, k), np.int64), np.empty((0, k), np.float32)
    return np.concatenate([items for items, _ in parts]), np.concatenate([s for _, s in parts])
