"""The reference: what everybody wants, for everybody."""

from dataclasses import dataclass, field
from typing import Self

import numpy as np

from models.retrieval.histories import Histories, Scores
from models.retrieval.items import Items


@dataclass
class PopularityRetriever:
    """Score items by the sum of all users' interest.

    Parameters
    ----------
    half_life_days
        An event's weight halves in so many days before the newest; 0: it never does.
    """

    half_life_days: float = 0.0
    weights_: Scores = field(default_factory=lambda: np.empty(0, np.float32), init=False)

    def fit(self, histories: Histories, items: Items) -> Self:  # noqa: ARG002
        """Add up each item's events."""
        weights = histories.weights.astype(np.float64)
        if self.half_life_days > 0 and len(weights):
            age_days = histories.days.max() - histories.days
            weights *= 0.5 ** (age_days / self.half_life_days)
        counts = np.bincount(histories.items, weights, minlength=histories.n_items)
        self.weights_ = counts.astype(np.float32)
        return self

    def score(self, histories: Histories) -> Scores:
        """Return the same row for everybody, empty histories too."""
        return np.tile(self.weights_, (len(histories), 1))
