"""Half a sweep of alternating least squares: one side's factors, the other side's held.

Sources: Hu, Koren, Volinsky, "Collaborative Filtering for Implicit Feedback Datasets" (ICDM 2008),
the equations; Takacs, Pilaszy, Tikk, "Applications of the conjugate gradient method for implicit
feedback collaborative filtering" (RecSys 2011), few steps from the factors of the sweep before. We
depart from the second in turning all factors so that the held side's Gram matrix is diagonal: steps
of conjugate gradients don't depend on the axes, and cost a row (its events x factors) instead of
that and factors ** 2.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from scipy.sparse import csr_matrix
from threadpoolctl import threadpool_limits

from models.retrieval.histories import Rows, Scores

N_PIECES_PER_THREAD = 32
SOLVED = 1e-20
"""Of the residual's square: nothing is left to be done."""


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

    def pieces(self, n_pieces: int) -> Rows:
        """Return where to cut the rows into pieces of about as many events, 0 and n included."""
        starts = self.confidences.indptr
        cuts = np.searchsorted(starts, np.linspace(0, starts[-1], n_pieces + 1))
        cuts[0], cuts[-1] = 0, len(starts) - 1
        return np.asarray(cuts, np.int64)


def sweep(side: Side, factors: Scores, others: Scores, n_threads: int) -> tuple[Scores, Scores]:
    """Return the side's better factors and the others', both turned alike.

    Parameters
    ----------
    factors : array of shape (n, n_factors)
        To begin from; what has no event gets 0.
    others : array of shape (n_others, n_factors)
    """
    with threadpool_limits(n_threads, "blas"):
        spectrum, directions = turned(others)
        others, factors = others @ directions, factors @ directions
    matrix = side.confidences
    cells = (matrix.indptr, matrix.indices, matrix.data)
    cuts = side.pieces(n_threads * N_PIECES_PER_THREAD)

    def solve(piece: int) -> None:
        rows = (cuts[piece], cuts[piece + 1])
        _solve(cells, rows, (spectrum, side.regularizations, side.n_steps), others, factors)

    with ThreadPoolExecutor(n_threads) as pool:
        list(pool.map(solve, range(len(cuts) - 1)))
    return factors, others


def turned(factors: Scores) -> tuple[Scores, Scores]:
    """Return the factors' spectrum and the directions, columns, in which their Gram is diagonal."""
    spectrum, directions = np.linalg.eigh(factors.T @ factors)
    return np.asarray(np.maximum(spectrum, 0), np.float32), np.asarray(directions, np.float32)


@njit(nogil=True, fastmath=True, cache=True)
def _solve(cells: Any, rows: Any, equations: Any, others: Any, found: Any) -> None:  # noqa: ANN401 - compiled
    """Make rows' factors better, in place, by some steps of conjugate gradients."""
    (starts, columns, confidences), (spectrum, regularizations, n_steps) = cells, equations
    scratch = np.empty((4, others.shape[1]), np.float32)
    for row in range(rows[0], rows[1]):
        start, end = starts[row], starts[row + 1]
        if start == end:
            found[row] = 0
            continue
        scratch[0] = spectrum + regularizations[row]
        own = (others, columns[start:end], confidences[start:end])
        _improve(own, found[row], scratch, n_steps)


@njit(nogil=True, fastmath=True, cache=True)
def _improve(own: Any, found: Any, scratch: Any, n_steps: Any) -> None:  # noqa: ANN401
    diagonal, residual, direction, image = scratch[0], scratch[1], scratch[2], scratch[3]
    _put_image(own, found, diagonal, residual)
    _put_wanted_less(own, residual)
    direction[:] = residual
    square = _dot(residual, residual)
    for _ in range(n_steps):
        if square < SOLVED:
            return
        _put_image(own, direction, diagonal, image)
        length = square / _dot(direction, image)
        before = square
        for factor in range(len(found)):
            found[factor] += length * direction[factor]
            residual[factor] -= length * image[factor]
        square = _dot(residual, residual)
        for factor in range(len(found)):
            direction[factor] = residual[factor] + square / before * direction[factor]


@njit(nogil=True, fastmath=True, cache=True)
def _put_image(own: Any, vector: Any, diagonal: Any, image: Any) -> None:  # noqa: ANN401
    """Put the equations' left side at a vector: the diagonal's, and what a row's events add to it."""
    others, columns, confidences = own
    for factor in range(len(vector)):
        image[factor] = diagonal[factor] * vector[factor]
    for cell in range(len(columns)):
        other = others[columns[cell]]
        extra = (confidences[cell] - np.float32(1)) * _dot(other, vector)
        for factor in range(len(vector)):
            image[factor] += extra * other[factor]


@njit(nogil=True, fastmath=True, cache=True)
def _put_wanted_less(own: Any, image: Any) -> None:  # noqa: ANN401
    """Put the equations' right side less an image in the image's place."""
    others, columns, confidences = own
    for factor in range(len(image)):
        image[factor] = -image[factor]
    for cell in range(len(columns)):
        other = others[columns[cell]]
        for factor in range(len(image)):
            image[factor] += confidences[cell] * other[factor]


@njit(nogil=True, fastmath=True, cache=True)
def _dot(left: Any, right: Any) -> Any:  # noqa: ANN401
    total = np.float32(0)
    for place in range(len(left)):
        total += left[place] * right[place]
    return total
