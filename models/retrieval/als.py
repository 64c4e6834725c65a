"""Matrix factorisation for implicit feedback, regularised by how often users and items occur.

Sources: Hu, Koren, Volinsky, "Collaborative Filtering for Implicit Feedback Datasets" (ICDM 2008);
Rendle et al., "Revisiting the Performance of iALS on Item Recommendation Benchmarks" (RecSys 2022),
the regularisation. We depart from the first in the confidence, `alpha * r` where it has
`1 + alpha * r`.
"""

from dataclasses import dataclass, field
from typing import Self

import numpy as np
from scipy.sparse import csr_matrix

from models.retrieval.histories import Histories, Scores
from models.retrieval.items import Items
from models.retrieval.least_squares import Side, sweep, turned

INITIAL_LENGTH = 0.1


@dataclass
class ALSRetriever:
    """Retrieve items by the dot product of learned item factors and the factors of a history.

    Parameters
    ----------
    n_factors
        Size of a factor vector.
    regularization
        Weight of the factors' squared norms in the loss (lambda of the second paper), above 0.
    alpha
        Confidence per unit of interest, above 0; what a user has not touched has confidence 1.
    frequency_exponent
        Of the regularisation, 0 to 1 (nu of the second paper): at 0 it is the same for all.
    n_iterations
        Sweeps over users and items.
    n_steps
        Steps of conjugate gradients per sweep; a history that is scored is solved exactly.
    n_threads
        Rows solved side by side; the factors don't depend on it.
    seed
        Seed of the initial factors; the same seed and data give the same model.
    """

    n_factors: int = 512
    regularization: float = 0.003
    alpha: float = 100.0
    frequency_exponent: float = 1.0
    n_iterations: int = 5
    n_steps: int = 2
    n_threads: int = 2
    seed: int = 0
    item_factors_: Scores = field(default_factory=lambda: np.empty((0, 0), np.float32), init=False)
    spectrum_: Scores = field(default_factory=lambda: np.empty(0, np.float32), init=False)

    def fit(self, histories: Histories, items: Items) -> Self:  # noqa: ARG002
        """Learn the items' factors.

        Raises
        ------
        ValueError
            If there is no interest at all.
        """
        by_user = self._confidences(histories)
        if by_user.nnz == 0:
            raise ValueError("cannot factorise zero interactions: load orders or clicks first")
        by_item = by_user.T.tocsr()
        generator = np.random.default_rng(self.seed)
        of_users, of_items = (self._initial(generator, size) for size in by_user.shape)
        users, wanted = (
            Side(each, self._regularizations(each), self.n_steps) for each in (by_user, by_item)
        )
        for _ in range(self.n_iterations):
            of_users, of_items = sweep(users, of_users, of_items, self.n_threads)
            of_items, of_users = sweep(wanted, of_items, of_users, self.n_threads)
        self.spectrum_, directions = turned(of_items)
        self.item_factors_ = of_items @ directions
        self.item_factors_[~of_items.any(axis=1)] = 0
        return self

    def score(self, histories: Histories) -> Scores:
        """Return the predicted preference, unitless, about 0 to 1; -inf for items never wanted."""
        confidences = self._confidences(histories)
        strength = self._regularizations(confidences)
        return scored(self.item_factors_, self.spectrum_, confidences, strength)

    def _confidences(self, histories: Histories) -> csr_matrix:
        return (histories.matrix() * np.float32(self.alpha)).astype(np.float32)

    def _initial(self, generator: np.random.Generator, n_rows: int) -> Scores:
        vectors = generator.standard_normal((n_rows, self.n_factors), np.float32)
        return vectors * np.float32(INITIAL_LENGTH / np.sqrt(self.n_factors))

    def _regularizations(self, confidences: csr_matrix) -> Scores:
        # The paper weighs the untouched 1 / alpha and the touched 1; this is alpha times its loss.
        frequency = np.diff(confidences.indptr) + confidences.shape[1] / self.alpha
        strength = self.regularization * self.alpha * frequency**self.frequency_exponent
        return np.asarray(strength, np.float32)


def scored(
    item_factors: Scores, spectrum: Scores, confidences: csr_matrix, strength: Scores
) -> Scores:
    """Return histories' scores of all items; -inf for items without factors, and for whom no item has any.

    Parameters
    ----------
    item_factors : array of shape (n_items, n_factors)
        Their Gram matrix is diagonal: `spectrum`, shape (n_factors,).
    confidences : csr_matrix of shape (n, n_items)
    strength : array of shape (n,)
        Of the regularisation.
    """
    users = np.zeros((confidences.shape[0], item_factors.shape[1]), np.float32)
    for row in np.nonzero(np.diff(confidences.indptr))[0]:
        cells = slice(*confidences.indptr[row : row + 2])
        own = item_factors[confidences.indices[cells]]
        diagonal = spectrum + np.float32(strength[row])
        users[row] = folded_in(own, confidences.data[cells], diagonal)
    scores = np.asarray(users @ item_factors.T, np.float32)
    scores[:, ~item_factors.any(axis=1)] = -np.inf
    scores[~users.any(axis=1)] = -np.inf
    return scores


def folded_in(own: Scores, confidences: Scores, diagonal: Scores) -> Scores:
    """Return the factors of a history (the first paper's eq. 4), shape (n_factors,).

    Parameters
    ----------
    own : array of shape (n, n_factors)
        Factors of the history's items.
    confidences : array of shape (n,)
    diagonal : array of shape (n_factors,)
        All items' Gram matrix, which is diagonal, plus the regularisation.
    """
    extra = confidences - 1
    if len(own) > len(diagonal):
        left = (own.T * extra) @ own + np.diag(diagonal)
        return np.asarray(np.linalg.solve(left, own.T @ confidences), np.float32)
    # With few items, the same system by its rows (Woodbury): n equations for n_factors.
    spread = own / diagonal
    small = np.eye(len(own), dtype=np.float32) + extra[:, None] * (own @ spread.T)
    return np.asarray(spread.T @ np.linalg.solve(small, confidences), np.float32)
