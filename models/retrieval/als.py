"""Matrix factorisation for implicit feedback.

Source: Hu, Koren, Volinsky, "Collaborative Filtering for Implicit Feedback Datasets" (ICDM 2008).
We depart from it in the confidence, `alpha * r` where it has `1 + alpha * r`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

import numpy as np
from implicit.cpu.als import AlternatingLeastSquares
from scipy.sparse import csr_matrix
from threadpoolctl import threadpool_limits

from models.retrieval.contract import Rows, Scores, retrieve_by_vectors


@dataclass
class ALSRetriever:
    """Retrieve items by the dot product of learned user and item factors.

    Parameters
    ----------
    n_factors
        Size of a factor vector.
    regularization
        Weight of the factors' squared norms in the loss (lambda of the paper).
    alpha
        Confidence per unit of interest.
    n_iterations
        Sweeps over users and items.
    seed
        Seed of the initial factors; the same seed and data give the same model.
    """

    n_factors: int = 32
    regularization: float = 0.1
    alpha: float = 4.0
    n_iterations: int = 12
    seed: int = 0
    user_factors_: Scores = field(default_factory=lambda: np.empty((0, 0), np.float32), init=False)
    item_factors_: Scores = field(default_factory=lambda: np.empty((0, 0), np.float32), init=False)

    def fit(self, user_items: csr_matrix, documents: Sequence[str]) -> Self:  # noqa: ARG002
        """Learn the factors.

        Raises
        ------
        ValueError
            If there is no interest at all.
        """
        if user_items.nnz == 0:
            raise ValueError("cannot factorise zero interactions: load orders or clicks first")
        # implicit brings its own threads: BLAS threads below them only get in the way.
        with threadpool_limits(1, "blas"):
            model = AlternatingLeastSquares(
                factors=self.n_factors,
                regularization=self.regularization,
                alpha=self.alpha,
                iterations=self.n_iterations,
                random_state=self.seed,
                num_threads=1,
            )
            model.fit(user_items.astype(np.float32), show_progress=False)
        # Whom nobody knows keeps the random vector of the start: take it away.
        n_by_user, n_by_item = np.diff(user_items.indptr), np.diff(user_items.tocsc().indptr)
        self.user_factors_ = np.where(n_by_user[:, None] > 0, model.user_factors, 0)
        self.item_factors_ = np.where(n_by_item[:, None] > 0, model.item_factors, 0)
        return self

    def retrieve(
        self, users: Rows, seen: csr_matrix, k: int, excluded: Rows | None = None
    ) -> tuple[Rows, Scores]:
        """Return the items of the largest predicted preference, unitless, about 0 to 1."""
        chosen = self.user_factors_[users]
        return retrieve_by_vectors(chosen, self.item_factors_, seen, k, excluded)


def fold_in(
    items: Rows, weights: Scores, item_factors: Scores, alpha: float, regularization: float
) -> Scores:
    """Return the factors of a user the model has not seen, from what they want (the paper's eq. 4).

    Parameters
    ----------
    items, weights : arrays of shape (n,)
        Items and how much they are wanted.
    """
    own = item_factors[items]
    confidence = alpha * weights[:, None]
    n_factors = item_factors.shape[1]
    left = item_factors.T @ item_factors + (own * (confidence - 1)).T @ own
    left += regularization * np.eye(n_factors, dtype=np.float32)
    return np.asarray(np.linalg.solve(left, (own * confidence).sum(axis=0)), np.float32)
