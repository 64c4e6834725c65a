"""What items are like, from their text: TF-IDF, then its largest singular directions.

Source: Deerwester et al., "Indexing by latent semantic analysis" (JASIS 1990).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

import numpy as np
from scipy.sparse import csr_matrix, diags
from sklearn.decomposition import TruncatedSVD
from sklearn.preprocessing import normalize

from models.retrieval.contract import retrieve_by_vectors
from models.retrieval.histories import Histories, Rows, Scores
from models.retrieval.items import Items
from models.retrieval.recency import recent_interest
from models.retrieval.words import weighted_words


@dataclass
class ContentRetriever:
    """Score items by how their text is like that of what the user wants.

    Parameters
    ----------
    n_dimensions
        Size of an item's vector.
    max_words
        Only so many of the most frequent words count.
    seed
        Seed of the decomposition; the same seed and data give the same model.
    memory_events
        Among the asking user's events, weights fall to 1/e over so many.
    sharpness
        The cosine counts to this power; what is below 0 counts as 0.
    """

    n_dimensions: int = 96
    max_words: int = 20_000
    seed: int = 0
    memory_events: float = 4.0
    sharpness: float = 4.0
    item_vectors_: Scores = field(default_factory=lambda: np.empty((0, 0), np.float32), init=False)

    def fit(self, histories: Histories, items: Items) -> Self:  # noqa: ARG002
        """Learn the items' vectors from their texts."""
        self.item_vectors_ = self._vectors(items.documents)
        return self

    def score(self, histories: Histories) -> Scores:
        """Return powers of the cosine to each user's faded mean item, 0 to 1."""
        users = profiles(recent_interest(histories, self.memory_events), self.item_vectors_)
        scores = np.maximum(users @ self.item_vectors_.T, 0) ** self.sharpness
        scores[~users.any(axis=1)] = -np.inf
        scores[:, ~self.item_vectors_.any(axis=1)] = -np.inf
        return np.asarray(scores, np.float32)

    def _vectors(self, documents: Sequence[str]) -> Scores:
        weighted = weighted_words(documents, self.max_words)
        n_dimensions = min(self.n_dimensions, *(size - 1 for size in weighted.shape))
        if n_dimensions < 1:
            return np.asarray(normalize(weighted).toarray(), np.float32)
        reduced = TruncatedSVD(n_dimensions, random_state=self.seed).fit_transform(weighted)
        return np.asarray(normalize(reduced), np.float32)

    def similar(self, item: int, k: int) -> tuple[Rows, Scores]:
        """Return the k items closest to one, without it; shape (k,)."""
        vector = self.item_vectors_[[item]]
        itself = csr_matrix(([1], ([0], [item])), shape=(1, len(self.item_vectors_)))
        items, scores = retrieve_by_vectors(vector, self.item_vectors_, itself, k, None)
        return items[0], scores[0]


def profiles(user_items: csr_matrix, item_vectors: Scores) -> Scores:
    """Return each user's mean item vector, weighed by interest, at length 1; 0 without any."""
    if not user_items.shape[0]:
        return np.empty((0, item_vectors.shape[1]), np.float32)
    # The root damps whoever looks at one thing a hundred times.
    damped = user_items.sqrt()
    total = np.asarray(damped.sum(axis=1)).ravel()
    scale = diags(np.divide(1, total, out=np.zeros_like(total), where=total > 0))
    return np.asarray(normalize(scale @ damped @ item_vectors), np.float32)
