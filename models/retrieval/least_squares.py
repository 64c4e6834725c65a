"""Half a sweep of alternating least squares: one side's factors, the other side's held.

Sources: Hu, Koren, Volinsky, "Collaborative Filtering for Implicit Feedback Datasets" (ICDM 2008),
the equations; Takacs, Pilaszy, Tikk, "Applications of the conjugate gradient method for implicit
feedback collaborative filtering" (RecSys 2011), few steps from the factors of the sweep before. We
depart from the second in turning all factors so that the held side's Gram matrix is diagonal: steps
of conjugate gradients don't depend on the axes, and cost a row (its events x factors) instead of
that and factors ** 2.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix
from threadpoolctl import threadpool_limits

from models.retrieval.histories import Rows, Scores

N_NUMBERS_AT_ONCE = 250_000
"""Of float32, about what a core's cache holds."""
LONGER = 1.1
"""Rows that are worked on together differ in length by no more; the shorter are filled up."""


@dataclass(frozen=True)
class Side:
    """The rows whose factors are looked for: users or items.

    Parameters
    ----------
    confidences : csr_matrix of shape (n, n_others)
        float32; what is not stored has confidence 1 and preference 0.
    regularizations : array of shape (n,)
        Above 0.
    n_steps
        Of conjugate gradients.
    """

    confidences: csr_matrix
    regularizations: Scores
    n_steps: int

    def batches(self, n_factors: int) -> Iterator[Rows]:
        """Yield rows of about one length, none empty, as many as can be worked on in the cache."""
        lengths = np.diff(self.confidences.indptr)
        order = np.argsort(lengths, kind="stable")[np.count_nonzero(lengths == 0) :]
        classes = np.ceil(np.log(lengths[order]) / np.log(LONGER))
        for rows in np.split(order, np.flatnonzero(np.diff(classes)) + 1):
            if len(rows):
                n_rows = max(1, N_NUMBERS_AT_ONCE // (lengths[rows[-1]] * n_factors))
                yield from np.split(rows, range(n_rows, len(rows), n_rows))


def sweep(side: Side, factors: Scores, others: Scores, n_threads: int) -> tuple[Scores, Scores]:
    """Return the side's better factors and the others', both turned alike.

    Parameters
    ----------
    factors : array of shape (n, n_factors)
        To begin from.
    others : array of shape (n_others, n_factors)
    """
    with threadpool_limits(n_threads, "blas"):
        spectrum, directions = turned(others)
        others, factors = others @ directions, factors @ directions
    better = np.zeros_like(factors)

    def solve(rows: Rows) -> None:
        better[rows] = _solved(side, rows, factors[rows], others, spectrum)

    # Threads of ours, each with BLAS of one: the matrices of a batch are small.
    with threadpool_limits(1, "blas"), ThreadPoolExecutor(n_threads) as pool:
        list(pool.map(solve, side.batches(factors.shape[1])))
    return better, others


def turned(factors: Scores) -> tuple[Scores, Scores]:
    """Return the factors' spectrum and the directions, columns, in which their Gram is diagonal."""
    spectrum, directions = np.linalg.eigh(factors.T @ factors)
    return np.asarray(np.maximum(spectrum, 0), np.float32), np.asarray(directions, np.float32)


def _solved(side: Side, rows: Rows, begin: Scores, others: Scores, spectrum: Scores) -> Scores:
    """Return rows of about one length after some steps, shape (n, n_factors)."""
    columns, wanted, extra = _filled(side.confidences, rows)
    own = np.take(others, columns, axis=0)
    diagonal = spectrum + side.regularizations[rows][:, None]
    found = begin.copy()
    residual = _down(own, wanted - extra * _across(own, found)) - diagonal * found
    direction, square = residual.copy(), _dot(residual, residual)
    for _ in range(side.n_steps):
        image = _down(own, extra * _across(own, direction)) + diagonal * direction
        length = _ratio(square, _dot(direction, image))
        found += length * direction
        residual -= length * image
        before, square = square, _dot(residual, residual)
        direction = residual + _ratio(square, before) * direction
    return found


def _filled(matrix: csr_matrix, rows: Rows) -> tuple[Rows, Scores, Scores]:
    """Return columns, wanted and extra confidences of rows, each of shape (n, the longest's cells).

    What fills up a shorter row is some column that is not wanted and has nothing extra.
    """
    first, end = matrix.indptr[rows], matrix.indptr[rows + 1]
    cells = first[:, None] + np.arange((end - first).max())
    real = cells < end[:, None]
    cells = np.minimum(cells, len(matrix.data) - 1)
    wanted = np.where(real, matrix.data[cells], np.float32(0))
    return matrix.indices[cells], wanted, np.where(real, wanted - 1, np.float32(0))


def _across(own: Scores, vectors: Scores) -> Scores:
    return np.asarray(np.matmul(own, vectors[:, :, None])[:, :, 0])


def _down(own: Scores, weights: Scores) -> Scores:
    return np.asarray(np.matmul(weights[:, None, :], own)[:, 0])


def _dot(left: Scores, right: Scores) -> Scores:
    return np.asarray(np.einsum("ij,ij->i", left, right)[:, None])


def _ratio(above: Scores, below: Scores) -> Scores:
    """Return above / below, 0 where a row is solved already."""
    return np.divide(above, below, out=np.zeros_like(above), where=below > 1e-20)
