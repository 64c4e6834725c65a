"""What sessions like this one went on with.

Source: Ludewig and Jannach, "Evaluation of Session-based Recommendation Algorithms" (User Modeling
and User-Adapted Interaction 2018), VSKNN, and Garg et al., "Sequence and Time Aware Neighborhood
for Session-based Recommendations" (SIGIR 2019). We depart from them in damping frequent items by
powers where they take logarithms, and in raising similarities to a power, which ranks close
neighbours above many loose ones.
"""

from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags

from models.retrieval.histories import Histories, Scores
from models.retrieval.items import Items
from models.retrieval.recency import recent_interest
from models.retrieval.sparse_rows import largest_of_each_row, last_of_each_row


@dataclass
class SessionNeighboursRetriever:
    """Score items by the most similar histories that hold them.

    Parameters
    ----------
    n_neighbours
        So many of the most similar histories count.
    n_recent
        An item leads to at most so many histories, those that ended last; of one day the later row.
    memory_events
        Among the asking user's events, weights fall to 1/e over so many.
    length_power
        A history of n items counts `n ** -length_power` times as much.
    closeness_power
        Similarities count to this power.
    source_power, target_power
        An item in n histories asks, or is wanted, `n ** -power` times as much.
    """

    n_neighbours: int = 500
    n_recent: int = 1_000
    memory_events: float = 2.0
    length_power: float = 0.5
    closeness_power: float = 1.3
    source_power: float = 0.5
    target_power: float = 0.15
    histories_by_item_: csr_matrix = field(default_factory=lambda: csr_matrix((0, 0)), init=False)
    items_by_history_: csr_matrix = field(default_factory=lambda: csr_matrix((0, 0)), init=False)
    known_: NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, bool), init=False)

    def fit(self, histories: Histories, items: Items) -> Self:  # noqa: ARG002
        """Index the histories by their items."""
        met = by_end(histories).matrix()
        met.data[:] = 1
        counts = np.bincount(met.indices, minlength=histories.n_items)
        damped = np.maximum(counts, 1).astype(np.float32)
        by_length = np.maximum(np.diff(met.indptr), 1).astype(np.float32) ** -self.length_power
        index = last_of_each_row((diags(by_length) @ met).T.tocsr(), self.n_recent)
        self.histories_by_item_ = (diags(damped**-self.source_power) @ index).tocsr()
        self.items_by_history_ = (met @ diags(damped**-self.target_power)).tocsr()
        self.known_ = counts > 0
        return self

    def score(self, histories: Histories) -> Scores:
        """Return sums over neighbours, unitless, 0 for what none of them holds."""
        interest = recent_interest(histories, self.memory_events)
        closeness = (interest @ self.histories_by_item_).tocsr()
        closeness.data **= self.closeness_power
        closeness = largest_of_each_row(closeness, self.n_neighbours)
        scores = (closeness @ self.items_by_history_).toarray()
        nothing_known = ~scores.any(axis=1)
        scores[:, ~self.known_] = -np.inf
        scores[nothing_known] = -np.inf
        return np.asarray(scores, np.float32)


def by_end(histories: Histories) -> Histories:
    """Return the histories by the day they ended, those of one day in the order given."""
    ends = np.full(len(histories), -np.inf)
    filled = histories.lengths > 0
    ends[filled] = histories.days[histories.starts[1:][filled] - 1]
    return histories.part(np.argsort(ends, kind="stable"))
