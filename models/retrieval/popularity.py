"""The reference: what everybody wants, for everybody."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

import numpy as np
from scipy.sparse import csr_matrix

from models.retrieval.contract import Rows, Scores, retrieve_by_vectors


@dataclass
class PopularityRetriever:
    """Retrieve items by the sum of all users' interest."""

    weights_: Scores = field(default_factory=lambda: np.empty(0, np.float32), init=False)

    def fit(self, user_items: csr_matrix, documents: Sequence[str]) -> Self:  # noqa: ARG002
        """Add up each item's column."""
        self.weights_ = np.asarray(user_items.sum(axis=0), np.float32).ravel()
        return self

    def retrieve(
        self, users: Rows, seen: csr_matrix, k: int, excluded: Rows | None = None
    ) -> tuple[Rows, Scores]:
        """Return the most popular items that each user has not seen."""
        everybody = np.ones((len(users), 1), np.float32)
        return retrieve_by_vectors(everybody, self.weights_[:, None], seen, k, excluded)
