"""Three steps over the graph of users and items: to those who share a taste, and to what they want.

Sources: Fu et al., "Revisiting Neighborhood-based Link Prediction for Collaborative Filtering"
(WWW 2022 companion), the exponents of the degrees; Verstrepen and Goethals, "Unifying nearest
neighbors collaborative filtering" (RecSys 2014), the view from the neighbours' side. We depart from
the first in raising the similarity of two users to a power, which no linear filter can do, and in
counting only the history that is asked about on the user's side.
"""

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Self

import numpy as np
from scipy.sparse import csr_matrix

from models.retrieval.histories import Histories, Scores
from models.retrieval.items import Items


@dataclass
class GraphFilterRetriever:
    """Retrieve what the users with a similar history want.

    A neighbour v of a history h counts (sum over their common items i of
    h_i w_vi / degree_i ** source_exponent, all of it / degree_v ** path_exponent) ** sharpness, and
    gives every item j that much of w_vj / degree_j ** target_exponent. Degrees are sums of weights.

    Parameters
    ----------
    source_exponent
        How much less a popular item tells of a taste, 0 to 1.
    path_exponent
        How much less a neighbour counts who wants many items, 0 to 1.
    target_exponent
        How much popular items are held back, 0 to 1.
    sharpness
        Above 1, few close neighbours count for more than many distant ones; 1 is linear.
    damping
        Power of the weights, 0 to 1: below 1, wanting one thing a hundred times is not wanting it
        a hundred times as much.
    max_neighbours
        Only so many of the closest neighbours count, and those as close as the last of them: time
        per history grows with it.
    """

    source_exponent: float = 0.4
    path_exponent: float = 0.5
    target_exponent: float = 0.3
    sharpness: float = 1.25
    damping: float = 0.5
    max_neighbours: int = 500
    by_item_: csr_matrix = field(default_factory=lambda: csr_matrix((0, 0), dtype=np.float32), init=False)  # fmt: skip
    by_user_: csr_matrix = field(default_factory=lambda: csr_matrix((0, 0), dtype=np.float32), init=False)  # fmt: skip

    def fit(self, histories: Histories, items: Items) -> Self:  # noqa: ARG002
        """Keep the graph: from items to users as `by_item_`, from users to items as `by_user_`."""
        wanted = self._damped(histories)
        of_user, of_item = (np.asarray(wanted.sum(axis=axis)).ravel() for axis in (1, 0))
        from_items = _scaled(
            wanted, _falling(of_user, self.path_exponent), _falling(of_item, self.source_exponent)
        )
        self.by_item_ = from_items.T.tocsr()
        self.by_user_ = _scaled(
            wanted, np.ones(len(of_user), np.float32), _falling(of_item, self.target_exponent)
        )
        return self

    def score(self, histories: Histories) -> Scores:
        """Return the neighbours' weighted sum of interest, 0 for items of no neighbour, -inf for unknown ones."""
        neighbours = self._damped(histories) @ self.by_item_
        neighbours.data **= self.sharpness
        keep_largest(neighbours, self.max_neighbours)
        scores = np.asarray((neighbours @ self.by_user_).toarray(), np.float32)
        scores[:, np.diff(self.by_item_.indptr) == 0] = -np.inf
        scores[np.diff(neighbours.indptr) == 0] = -np.inf
        return scores

    def _damped(self, histories: Histories) -> csr_matrix:
        weights = histories.matrix()
        weights.data **= self.damping
        return weights


def keep_largest(matrix: csr_matrix, n: int) -> None:
    """Drop, in place, what is less than the n-th largest number of its row; equals of it stay."""
    for first, end in pairwise(matrix.indptr):
        if end - first > n:
            row = matrix.data[first:end]
            row[row < np.partition(row, -n)[-n]] = 0
    matrix.eliminate_zeros()


def _falling(degrees: Scores, exponent: float) -> Scores:
    """Return degree ** -exponent, and 0 for degree 0."""
    known = degrees > 0
    return np.asarray(np.where(known, np.where(known, degrees, 1) ** -exponent, 0), np.float32)


def _scaled(matrix: csr_matrix, by_row: Scores, by_column: Scores) -> csr_matrix:
    rows = np.repeat(by_row, np.diff(matrix.indptr))
    cells = (matrix.data * rows * by_column[matrix.indices], matrix.indices, matrix.indptr)
    return csr_matrix(cells, shape=matrix.shape)
