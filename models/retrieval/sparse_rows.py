"""Parts of the rows of sparse matrices."""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from models.retrieval.histories import Rows


def last_of_each_row(matrix: csr_matrix, n: int) -> csr_matrix:
    """Return the matrix with each row's n highest columns only."""
    ordered = matrix.sorted_indices()
    return _kept(ordered, _places_from_end(ordered.indptr) < n)


def largest_of_each_row(matrix: csr_matrix, n: int) -> csr_matrix:
    """Return the matrix with each row's n largest cells only, of equal ones the higher columns."""
    ordered = matrix.sorted_indices()
    rows = np.repeat(np.arange(ordered.shape[0]), np.diff(ordered.indptr))
    rising = np.lexsort((ordered.data, rows))  # stable: equal cells stay by rising column
    kept = np.zeros(ordered.nnz, bool)
    kept[rising] = _places_from_end(ordered.indptr) < n
    return _kept(ordered, kept)


def _places_from_end(indptr: Rows) -> Rows:
    ends = np.repeat(indptr[1:], np.diff(indptr))
    return np.asarray(ends - 1 - np.arange(indptr[-1]), np.int64)


def _kept(matrix: csr_matrix, cells: NDArray[np.bool_]) -> csr_matrix:
    starts = np.concatenate([[0], np.cumsum(cells)])[matrix.indptr]
    return csr_matrix((matrix.data[cells], matrix.indices[cells], starts), shape=matrix.shape)
