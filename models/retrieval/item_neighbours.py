"""Items that the same users want: the sum of a history's nearest items.

Sources: Deshpande, Karypis, "Item-based top-N recommendation algorithms" (TOIS 2004); Robertson and
Walker's BM25 weighting (SIGIR 1994), with users as words and items as documents.
"""

from dataclasses import dataclass, field
from typing import Literal, Self

import numpy as np
from implicit.nearest_neighbours import all_pairs_knn, bm25_weight, normalize
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from models.retrieval.histories import Histories, Scores
from models.retrieval.items import Items

Flags = NDArray[np.bool_]

SATURATION, LENGTH_SHARE = 1.2, 0.75


@dataclass
class ItemNeighboursRetriever:
    """Retrieve the items most similar to those of a history.

    Only each item's nearest are ever held, row by row, so that a catalogue of 100,000 items fits
    in memory.

    Parameters
    ----------
    weighting
        "cosine" of the weights, or the dot product of their "bm25" weights.
    n_neighbours
        Nearest items kept per item, without itself (one more for an item that BM25 does not place
        among its own nearest).
    n_threads
        Items compared side by side; the neighbours don't depend on it.
    """

    weighting: Literal["cosine", "bm25"] = "cosine"
    n_neighbours: int = 200
    n_threads: int = 2
    similarity_: csr_matrix = field(default_factory=lambda: csr_matrix((0, 0), dtype=np.float32), init=False)  # fmt: skip
    known_: Flags = field(default_factory=lambda: np.empty(0, bool), init=False)

    def fit(self, histories: Histories, items: Items) -> Self:  # noqa: ARG002
        """Find each item's neighbours: row i of `similarity_` holds those of item i."""
        by_item = histories.matrix().T.tocsr()
        self.known_ = np.diff(by_item.indptr) > 0
        if not self.known_.any():
            self.similarity_ = csr_matrix((histories.n_items,) * 2, dtype=np.float32)
            return self
        if self.weighting == "bm25":
            weighted = bm25_weight(by_item, SATURATION, LENGTH_SHARE)
        else:
            weighted = normalize(by_item)
        self.similarity_ = self._nearest(weighted)
        return self

    def _nearest(self, by_item: csr_matrix) -> csr_matrix:
        n_kept = min(self.n_neighbours + 1, by_item.shape[0])  # one for the item itself
        by_user = by_item.T.tocsr().astype(np.float64)
        nearest = all_pairs_knn(by_user, n_kept, show_progress=False, num_threads=self.n_threads)
        nearest = nearest.tocoo()
        kept = (nearest.row != nearest.col) & (nearest.data > 0)
        cells = (nearest.data[kept].astype(np.float32), (nearest.row[kept], nearest.col[kept]))
        return csr_matrix(cells, shape=(by_item.shape[0],) * 2)

    def score(self, histories: Histories) -> Scores:
        """Return the sum of the similarities to a history, times its weights; 0 if there is none.

        Items that nobody wanted are -inf, and all of a history of nothing else.
        """
        wanted = histories.matrix()
        scores = np.asarray((wanted @ self.similarity_).toarray(), np.float32)
        scores[:, ~self.known_] = -np.inf
        scores[(wanted != 0) @ self.known_ == 0] = -np.inf
        return scores
