"""What users come back to: the share of events that repeat one a few steps before.

Source: Ren et al., "RepeatNet: A Repeat Aware Neural Recommendation Machine for Session-based
Recommendation" (AAAI 2019), its split of the next event into repeated and new. We depart from it
in counting where it learns a network: shares by how many steps lie between.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from models.retrieval.histories import Histories, Scores


@dataclass
class RepeatsRetriever:
    """Score the user's own items by how often the next event is one of so many steps ago.

    Parameters
    ----------
    n_steps
        Events further back share the last step's figure.
    """

    n_steps: int = 10
    shares_: NDArray[np.float64] = field(default_factory=lambda: np.empty(0), init=False)

    def fit(self, histories: Histories, documents: Sequence[str]) -> Self:  # noqa: ARG002
        """Count, per step back, how many events had one there and how many repeated its item."""
        shares = np.zeros(self.n_steps)
        for step in range(1, self.n_steps + 1):
            earlier = np.nonzero(histories.n_later >= step)[0]
            repeated = histories.items[earlier] == histories.items[earlier + step]
            shares[step - 1] = repeated.mean() if len(repeated) else 0
        self.shares_ = shares
        return self

    def score(self, histories: Histories) -> Scores:
        """Return the sums of the shares, 0 for what the user never met."""
        shares = self.shares_[np.minimum(histories.n_later, self.n_steps - 1)]
        cells = (shares.astype(np.float32), histories.items.copy(), histories.starts.copy())
        scores = csr_matrix(cells, shape=(len(histories), histories.n_items)).toarray()
        scores[~scores.any(axis=1)] = -np.inf
        return np.asarray(scores, np.float32)
