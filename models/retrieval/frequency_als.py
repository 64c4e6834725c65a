"""Matrix factorisation for implicit feedback, regularised by how often users and items occur.

Sources: Hu, Koren, Volinsky, "Collaborative Filtering for Implicit Feedback Datasets" (ICDM 2008);
Rendle et al., "Revisiting the Performance of iALS on Item Recommendation Benchmarks" (RecSys 2022),
the regularisation. We depart from the first in the confidence, `alpha * r` where it has
`1 + alpha * r`, and from the second in rounding each regularisation to a power of 1.5, so that all
rows of one value are solved by one call of compiled code that knows a single value.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

import numpy as np
from implicit.cpu import _als
from scipy.sparse import csr_matrix
from threadpoolctl import threadpool_limits

from models.retrieval.histories import Histories, Rows, Scores

ROUNDING = 1.5
INITIAL_LENGTH = 0.1


@dataclass
class ALSRetriever:
    """Retrieve items by the dot product of learned item factors and the factors of a history.

    Parameters
    ----------
    n_factors
        Size of a factor vector.
    regularization
        Weight of the factors' squared norms in the loss (lambda of the second paper).
    alpha
        Confidence per unit of interest; what a user has not touched has confidence 1.
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

    n_factors: int = 256
    regularization: float = 0.003
    alpha: float = 100.0
    frequency_exponent: float = 1.0
    n_iterations: int = 8
    n_steps: int = 3
    n_threads: int = 1
    seed: int = 0
    item_factors_: Scores = field(default_factory=lambda: np.empty((0, 0), np.float32), init=False)

    def fit(self, histories: Histories, documents: Sequence[str]) -> Self:  # noqa: ARG002
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
        users, items = (self._initial(generator, size) for size in by_user.shape)
        # The compiled code brings its own threads: BLAS threads below them only get in the way.
        with threadpool_limits(1, "blas"):
            for _ in range(self.n_iterations):
                self._sweep(by_user, users, items)
                self._sweep(by_item, items, users)
        self.item_factors_ = items
        return self

    def score(self, histories: Histories) -> Scores:
        """Return the predicted preference, unitless, about 0 to 1; -inf for items never wanted."""
        confidences = self._confidences(histories)
        users = np.zeros((len(histories), self.item_factors_.shape[1]), np.float32)
        with threadpool_limits(1, "blas"):
            for rows, regularization in self._groups(confidences):
                of_group = np.zeros((len(rows), users.shape[1]), np.float32)
                args = (confidences[rows], of_group, self.item_factors_, regularization)
                _als.least_squares(*args, num_threads=self.n_threads)
                users[rows] = of_group
        scores = np.asarray(users @ self.item_factors_.T, np.float32)
        scores[:, ~self.item_factors_.any(axis=1)] = -np.inf
        scores[~users.any(axis=1)] = -np.inf
        return scores

    def _confidences(self, histories: Histories) -> csr_matrix:
        return (histories.matrix() * np.float32(self.alpha)).astype(np.float32)

    def _initial(self, generator: np.random.Generator, n_rows: int) -> Scores:
        vectors = generator.standard_normal((n_rows, self.n_factors), np.float32)
        return vectors * np.float32(INITIAL_LENGTH / np.sqrt(self.n_factors))

    def _sweep(self, confidences: csr_matrix, factors: Scores, others: Scores) -> None:
        for rows, regularization in self._groups(confidences):
            of_group = factors[rows]
            args = (confidences[rows], of_group, others, regularization)
            _als.least_squares_cg(*args, num_threads=self.n_threads, cg_steps=self.n_steps)
            factors[rows] = of_group

    def _groups(self, confidences: csr_matrix) -> list[tuple[Rows, float]]:
        """Return the rows of each rounded regularisation."""
        # The paper weighs the untouched 1 / alpha and the touched 1; this is alpha times its loss.
        frequency = np.diff(confidences.indptr) + confidences.shape[1] / self.alpha
        exact = self.regularization * self.alpha * frequency**self.frequency_exponent
        powers = np.round(np.log(exact) / np.log(ROUNDING))
        return [(np.nonzero(powers == p)[0], float(ROUNDING**p)) for p in np.unique(powers)]
