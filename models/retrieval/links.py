"""Where each item leads: its strongest others, kept as a short list that answers at once."""

from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from models.retrieval.contract import NO_ITEM
from models.retrieval.histories import Rows, Scores
from models.retrieval.near_vectors import nearest
from models.retrieval.sparse_rows import largest_of_each_row


class Reached(NamedTuple):
    """Items that some items lead to, the best first, and which of these led there most."""

    items: Rows
    scores: Scores
    sources: Rows


@dataclass(frozen=True)
class Links:
    """Each item's strongest others, best first.

    Parameters
    ----------
    items : array of shape (n_items, n)
        -1 behind the last.
    weights : array of shape (n_items, n)
        Above 0, and 0 behind the last.
    """

    items: NDArray[np.int32]
    weights: Scores

    @classmethod
    def of_matrix(cls, matrix: csr_matrix, n: int) -> Self:
        """Return the n largest cells of each row, the diagonal and what is not above 0 left out."""
        cells = matrix.tocoo()
        kept = (cells.row != cells.col) & (cells.data > 0)
        where = (cells.row[kept], cells.col[kept])
        largest = largest_of_each_row(csr_matrix((cells.data[kept], where), matrix.shape), n)
        rows = np.repeat(np.arange(matrix.shape[0]), np.diff(largest.indptr))
        order = np.lexsort((largest.indices, -largest.data, rows))
        places = np.arange(len(rows)) - largest.indptr[rows]
        made = cls.empty(matrix.shape[0], n)
        made.items[rows, places] = largest.indices[order]
        made.weights[rows, places] = largest.data[order]
        return made

    @classmethod
    def of_vectors(cls, vectors: Scores, n: int) -> Self:
        """Return the n items of the largest dot products with each item, itself left out."""
        made = cls.empty(len(vectors), n)
        for rows, items, products in nearest(vectors, n):
            near = (items != NO_ITEM) & (products > 0)
            made.items[rows] = np.where(near, items, NO_ITEM)
            made.weights[rows] = np.where(near, products, 0)
        return made

    @classmethod
    def empty(cls, n_items: int, n: int) -> Self:
        """Return items that lead nowhere."""
        return cls(np.full((n_items, n), NO_ITEM, np.int32), np.zeros((n_items, n), np.float32))

    def of_item(self, item: int) -> tuple[Rows, Scores]:
        """Return where one item leads, the best first, and how strongly."""
        n = int(np.count_nonzero(self.items[item] != NO_ITEM))
        return self.items[item, :n].astype(np.int64), self.weights[item, :n]

    def reached(self, sources: Rows, weights: Scores) -> Reached:
        """Return where several items lead together; none of them is left out.

        Parameters
        ----------
        sources : array of shape (n,)
        weights : array of shape (n,)
            How much each of them counts.
        """
        items, scores, strongest = _reached(self.items, self.weights, sources, weights)
        order = np.lexsort((items, -scores))
        return Reached(items[order], scores[order], strongest[order])

    def strongest_source(self, wanted: Rows, sources: Rows, weights: Scores) -> Rows:
        """Return which of several items leads to each wanted one most, -1 where none does."""
        return np.asarray(_strongest_source(self.items, self.weights, sources, weights, wanted))


@njit(cache=True)
def _strongest_source(
    items: Any,  # noqa: ANN401 - compiled
    weights: Any,  # noqa: ANN401
    sources: Any,  # noqa: ANN401
    by_source: Any,  # noqa: ANN401
    wanted: Any,  # noqa: ANN401
) -> Any:  # noqa: ANN401
    strongest = np.full(len(wanted), -1, np.int64)
    most = np.zeros(len(wanted), np.float32)
    for number in range(len(sources)):
        for place in range(items.shape[1]):
            item = items[sources[number], place]
            if item < 0:
                break
            for asked in range(len(wanted)):
                weight = weights[sources[number], place] * by_source[number]
                if wanted[asked] == item and weight > most[asked]:
                    most[asked], strongest[asked] = weight, sources[number]
    return strongest


@njit(cache=True)
def _reached(items: Any, weights: Any, sources: Any, by_source: Any) -> Any:  # noqa: ANN401 - compiled
    """Sum up in a table with open addressing, of at least twice as many slots as there are links."""
    n_links = len(sources) * items.shape[1]
    n_slots = 8
    while n_slots < 2 * n_links:
        n_slots *= 2
    slots = np.full(n_slots, -1, np.int64)
    found, strongest = np.empty(n_links, np.int64), np.empty(n_links, np.int64)
    scores, most = np.zeros(n_links, np.float32), np.zeros(n_links, np.float32)
    n = 0
    for number in range(len(sources)):
        for place in range(items.shape[1]):
            item = np.int64(items[sources[number], place])
            if item < 0:
                break
            weight = weights[sources[number], place] * by_source[number]
            slot = (item * 2_654_435_761) & (n_slots - 1)
            while slots[slot] >= 0 and found[slots[slot]] != item:
                slot = (slot + 1) & (n_slots - 1)
            if slots[slot] < 0:
                slots[slot] = n
                found[n] = item
                n += 1
            at = slots[slot]
            scores[at] += weight
            if weight > most[at]:
                most[at] = weight
                strongest[at] = sources[number]
    return found[:n], scores[:n], strongest[:n]
