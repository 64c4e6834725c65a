"""How much the events of a history still say, by how many events came after them."""

import numpy as np
from scipy.sparse import csr_matrix

from models.retrieval.histories import Histories


def recent_interest(histories: Histories, memory_events: float) -> csr_matrix:
    """Return each user's weights, divided by e for every `memory_events` events that followed.

    Events of one item add up; shape (n, n_items), sorted.
    """
    faded = np.exp(-histories.n_later / memory_events).astype(np.float32)
    cells = (histories.weights * faded, histories.items.copy(), histories.starts.copy())
    interest = csr_matrix(cells, shape=(len(histories), histories.n_items))
    interest.sum_duplicates()
    return interest
