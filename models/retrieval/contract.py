"""What every retrieval model does, and the choice of the best that all of them share."""

from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from models.retrieval.histories import Histories, Rows, Scores
from models.retrieval.items import Items

NO_ITEM = -1
N_USERS_AT_ONCE = 1_000
N_BLOCKS_PER_K = 8


class Retriever(Protocol):
    """A model of what users want, asked by what they did: guest or customer of ten years."""

    def fit(self, histories: Histories, items: Items) -> Self:
        """Learn.

        Parameters
        ----------
        histories
            What users did; items are columns.
        items
            What else is known of the items.
        """

    def score(self, histories: Histories) -> Scores:
        """Return how much each of n users wants each item, shape (n, n_items).

        The users need not be among those the model was fitted on. Scores of one row can be compared
        with each other; -inf where the model has no opinion: a whole row of it for a user without
        an item the model knows. A user's row is the same alone and among others.
        """


def retrieve(
    model: Retriever, histories: Histories, seen: csr_matrix, k: int, excluded: Rows | None = None
) -> tuple[Rows, Scores]:
    """Return each user's k best items, best first.

    Parameters
    ----------
    histories : Histories of n users
    seen : csr_matrix of shape (n, n_items)
        Not zero where a user must not get the item.
    excluded
        Items that nobody must get.

    Returns
    -------
    items, scores : arrays of shape (n, k)
        Distinct items by falling score, those with equal scores by rising number. Where there is no
        item, or the model has no opinion, item -1 with score -inf.
    """
    items = np.full((len(histories), k), NO_ITEM, np.int64)
    scores = np.full((len(histories), k), -np.inf, np.float32)
    for chunk, some in histories.chunks(N_USERS_AT_ONCE):
        items[chunk], scores[chunk] = top_k(model.score(some), seen[chunk], k, excluded)
    return items, scores


def top_k(
    scores: Scores, seen: csr_matrix, k: int, excluded: Rows | None = None
) -> tuple[Rows, Scores]:
    """Return the k best columns of each row as `retrieve` does.

    `scores` (n, n_items) is changed; -inf in it marks items that must not be returned.
    """
    rows, columns = seen.nonzero()
    scores[rows, columns] = -np.inf
    if excluded is not None:
        scores[:, excluded] = -np.inf
    rows, columns = np.nonzero(_above_bound(scores, k))
    values = scores[rows, columns]
    order = np.lexsort((columns, -values, rows))
    rows, columns, values = rows[order], columns[order], values[order]
    place = np.arange(len(rows)) - np.searchsorted(rows, rows)
    kept = place < k
    items = np.full((len(scores), k), NO_ITEM, np.int64)
    best = np.full((len(scores), k), -np.inf, np.float32)
    items[rows[kept], place[kept]] = columns[kept]
    best[rows[kept], place[kept]] = values[kept]
    return items, best


def _above_bound(scores: Scores, k: int) -> NDArray[np.bool_]:
    """Return few columns of each row that hold its k best; of equal ones the first ones.

    Of so many blocks of columns, the k-th largest maximum can't be above the k-th largest score:
    partitioning the maxima instead of the scores takes a tenth of the time.
    """
    n_rows, n_items = scores.shape
    width = n_items // (N_BLOCKS_PER_K * k)
    if width < 2:
        return _k_best(scores, k)
    n_whole = n_items // width
    maxima = scores[:, : n_whole * width].reshape(n_rows, n_whole, width).max(axis=2)
    bound = np.partition(maxima, n_whole - k, axis=1)[:, n_whole - k, None]
    above = (scores >= bound) & (scores > -np.inf)
    crowded = np.nonzero(np.count_nonzero(above, axis=1) > N_BLOCKS_PER_K * k)[0]
    if len(crowded):
        above[crowded] = _k_best(scores[crowded], k)
    return np.asarray(above)


def _k_best(scores: Scores, k: int) -> NDArray[np.bool_]:
    finite = scores > -np.inf
    n_items = scores.shape[1]
    if k >= n_items:
        return np.asarray(finite)
    least = np.partition(scores, n_items - k, axis=1)[:, n_items - k, None]
    above, level = scores > least, scores == least
    room = k - np.count_nonzero(above, axis=1)[:, None]
    first = level & (np.cumsum(level, axis=1, dtype=np.int32) <= room)
    return np.asarray((above | first) & finite)


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
