"""Several retrieval models as one: the weighted sum of what each says, made comparable."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from models.retrieval.contract import Retriever
from models.retrieval.histories import Histories, Scores
from models.retrieval.items import Items


@dataclass
class BlendRetriever:
    """Retrieve items by the weighted sum of several models' standardised scores.

    Parameters
    ----------
    retrievers
        The models.
    weights
        One per model, unitless: a standard deviation of its scores for a user counts that much.

    Raises
    ------
    ValueError
        If there are not as many weights as models, or none.
    """

    retrievers: Sequence[Retriever]
    weights: Sequence[float]

    def __post_init__(self) -> None:
        if len(self.retrievers) != len(self.weights) or not self.weights:
            raise ValueError(
                f"{len(self.retrievers)} models need as many weights, not {len(self.weights)}"
            )

    def fit(self, histories: Histories, items: Items) -> Self:
        """Fit each model."""
        for retriever in self.retrievers:
            retriever.fit(histories, items)
        return self

    def score(self, histories: Histories) -> Scores:
        """Return the sum, in standard deviations; -inf for what no model can score.

        What one model cannot score counts, in its part of the sum, as its user's least score; a
        model that knows nothing of a user has no part.
        """
        blended = np.zeros((len(histories), histories.n_items), np.float32)
        known = np.zeros(blended.shape, bool)
        for retriever, weight in zip(self.retrievers, self.weights, strict=True):
            scores = retriever.score(histories)
            known |= np.isfinite(scores)
            blended += np.float32(weight) * standardised(scores)
        blended[~known] = -np.inf
        return blended


def standardised(scores: Scores) -> Scores:
    """Return each row at mean 0 and standard deviation 1; a constant row at 0.

    Parameters
    ----------
    scores : array of shape (n, n_items)
        Scores with -inf for what is unknown. It takes no part in the mean and the deviation and
        becomes the row's least score.
    """
    known = np.isfinite(scores)
    count = np.maximum(known.sum(axis=1, keepdims=True), 1)
    mean = np.where(known, scores, 0).sum(axis=1, keepdims=True) / count
    centred = np.where(known, scores - mean, 0)
    deviation = np.sqrt((centred**2).sum(axis=1, keepdims=True) / count)
    least = centred.min(axis=1, keepdims=True, initial=0)
    centred = np.where(known, centred, least)
    # Rounding leaves a constant row a deviation of about 1e-8 of its mean: it says nothing.
    meant = deviation > 1e-6 * np.abs(mean)
    return np.asarray(np.where(meant, centred / np.where(meant, deviation, 1), 0), np.float32)
