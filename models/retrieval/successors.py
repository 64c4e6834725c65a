"""What follows what: successors counted over several steps, forwards and a little backwards.

Source: Ludewig and Jannach, "Evaluation of Session-based Recommendation Algorithms" (User Modeling
and User-Adapted Interaction 2018), sequential rules. We depart from them in that the whole recent
history asks, not its last item alone; that what came before counts as well; that frequent items
and long histories are damped by powers; and that part of the answer walks one step further.
"""

from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags

from models.retrieval.histories import Histories, Scores
from models.retrieval.items import Items
from models.retrieval.recency import recent_interest
from models.retrieval.sparse_rows import largest_of_each_row


@dataclass
class SuccessorsRetriever:
    """Score items by how often they came within a few steps of what the user met last.

    Parameters
    ----------
    n_steps
        Events further apart than this are no pair.
    step_power
        A pair `d` steps apart counts `d ** -step_power`.
    backward
        How much a pair says about its earlier item where the later one is met, 0 to 1.
    length_power
        A history of n events counts `n ** -length_power` per pair.
    memory_events
        Among the asking user's events, weights fall to 1/e over so many.
    source_power, target_power
        An item met n times asks, or is wanted, `n ** -power` times as much.
    further
        What the successors' own successors add, as a share of the whole, 0 or above: they reach
        items that nobody met right around the user's.
    n_strongest
        Only so many links, the user's and then each item's, lead further.
    """

    n_steps: int = 20
    step_power: float = 0.5
    backward: float = 0.5
    length_power: float = 0.0
    memory_events: float = 2.0
    source_power: float = 0.3
    target_power: float = 0.1
    further: float = 0.2
    n_strongest: int = 100
    links_: csr_matrix = field(default_factory=lambda: csr_matrix((0, 0)), init=False)
    strongest_: csr_matrix = field(default_factory=lambda: csr_matrix((0, 0)), init=False)
    known_: NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, bool), init=False)

    def fit(self, histories: Histories, items: Items) -> Self:  # noqa: ARG002
        """Count; two events of one item are no pair: `RepeatsRetriever` knows about those."""
        forward = self._forward(histories)
        counts = np.bincount(histories.items, minlength=histories.n_items)
        damped = np.maximum(counts, 1).astype(np.float32)
        links = forward + self.backward * forward.T
        links = diags(damped**-self.source_power) @ links @ diags(damped**-self.target_power)
        self.links_ = links.tocsr().astype(np.float32)
        self.strongest_ = shared_out(largest_of_each_row(self.links_, self.n_strongest))
        self.known_ = counts > 0
        return self

    def score(self, histories: Histories) -> Scores:
        """Return sums over the histories' items, unitless, 0 where nothing leads to an item."""
        interest = recent_interest(histories, self.memory_events)
        near = (interest @ self.links_).tocsr()
        scores = near.toarray()
        if self.further > 0:
            leading = largest_of_each_row(near, self.n_strongest)
            scores += self.further * (leading @ self.strongest_).toarray()
        nothing_known = ~scores.any(axis=1)
        scores[:, ~self.known_] = -np.inf
        scores[nothing_known] = -np.inf
        return np.asarray(scores, np.float32)

    def _forward(self, histories: Histories) -> csr_matrix:
        """Return the weights of pairs, earlier item by later item, shape (n_items, n_items)."""
        lengths = np.repeat(histories.lengths, histories.lengths)
        by_length = np.power(lengths, -self.length_power, dtype=np.float64)
        total = csr_matrix((histories.n_items, histories.n_items), dtype=np.float32)
        for step in range(1, self.n_steps + 1):
            earlier = np.nonzero(histories.n_later >= step)[0]
            sources, targets = histories.items[earlier], histories.items[earlier + step]
            both = np.sqrt(histories.weights[earlier] * histories.weights[earlier + step])
            weights = both * by_length[earlier] * step**-self.step_power * (sources != targets)
            cells = (weights.astype(np.float32), (sources, targets))
            total += csr_matrix(cells, shape=total.shape)
        total.eliminate_zeros()
        return total


def shared_out(links: csr_matrix) -> csr_matrix:
    """Return the links with each row that is not empty brought to sum 1."""
    totals = np.asarray(links.sum(axis=1)).ravel()
    scale = np.divide(1, totals, out=np.zeros_like(totals), where=totals > 0)
    return (diags(scale) @ links).tocsr().astype(np.float32)
