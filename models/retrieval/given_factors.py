"""Items by factors that were learnt elsewhere: by Spark, where the log outgrows one machine."""

from dataclasses import dataclass, field
from typing import Self

import numpy as np

from models.retrieval.als import scored
from models.retrieval.histories import Histories, Rows, Scores
from models.retrieval.items import Items
from models.retrieval.least_squares import turned


@dataclass
class GivenFactorsRetriever:
    """Retrieve items by the dot product of given item factors and the factors of a history.

    Parameters
    ----------
    item_factors : array of shape (n_items, n_factors)
        0 for items that nobody wanted.
    regularization, alpha
        Those that the factors were learnt with: the confidence is 1 + alpha * weight, and the
        regularisation counts once per item of a history (as MLlib has it).
    """

    item_factors: Scores
    regularization: float
    alpha: float
    item_factors_: Scores = field(init=False)
    spectrum_: Scores = field(init=False)

    def __post_init__(self) -> None:
        self.spectrum_, directions = turned(self.item_factors)
        self.item_factors_ = self.item_factors @ directions
        self.item_factors_[~self.item_factors.any(axis=1)] = 0

    def fit(self, histories: Histories, items: Items) -> Self:  # noqa: ARG002
        """Learn nothing: the factors are given."""
        return self

    def score(self, histories: Histories) -> Scores:
        """Return the predicted preference, unitless, about 0 to 1; -inf for items never wanted."""
        confidences = histories.matrix()
        strength = self.regularization * np.diff(confidences.indptr).astype(np.float32)
        confidences.data = 1 + np.float32(self.alpha) * confidences.data
        return scored(self.item_factors_, self.spectrum_, confidences, strength)


def factor_matrix(items: Rows, factors: Scores, n_items: int) -> Scores:
    """Return factors as `GivenFactorsRetriever` takes them, from those of some items.

    Parameters
    ----------
    items : array of shape (n,)
        Below `n_items`, distinct.
    factors : array of shape (n, n_factors)
    """
    matrix = np.zeros((n_items, factors.shape[1]), np.float32)
    matrix[items] = factors
    return matrix
