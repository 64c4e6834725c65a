"""What users come back to, and what is new to them: the next event is the one or the other.

Source: Ren et al., "RepeatNet: A Repeat Aware Neural Recommendation Machine for Session-based
Recommendation" (AAAI 2019), its split of the next event. We depart from it in counting where it
learns a network: how often an item came back, by when and how often it was met and by how much its
user repeats. What is new comes from another model.
"""

from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import NDArray

from models.retrieval.contract import Retriever
from models.retrieval.histories import Histories, Rows, Scores
from models.retrieval.items import Items
from models.retrieval.meetings import Meetings, meetings
from models.retrieval.successors import SuccessorsRetriever

N_TIMES = 4
N_GAPS = 4
REPEAT_SHARES = (0.01, 0.26, 0.45, 0.6)
N_LENGTHS = 8
N_MOODS = (len(REPEAT_SHARES) + 1) * N_LENGTHS
LEAST_NEW = 0.05


@dataclass
class RepeatsRetriever:
    """Score the user's own items by their chance to come next, new ones by a share of the rest.

    Parameters
    ----------
    new
        Shares out what the own items leave over; its scores below 0 count as 0.
    n_steps
        Items last met further back share the last step's figure.
    n_trusted
        A cell of so many cases is believed half; the rest is the mean of its step and times met.
    """

    new: Retriever = field(default_factory=SuccessorsRetriever)
    n_steps: int = 10
    n_trusted: float = 20.0
    chances_: NDArray[np.float64] = field(default_factory=lambda: np.empty(0), init=False)

    def fit(self, histories: Histories, items: Items) -> Self:
        """Count cases and returns per cell, and let the model of the new learn."""
        self.new.fit(histories, items)
        met = meetings(histories)
        shape = (self.n_steps * N_TIMES, N_GAPS * N_MOODS)
        cases, returns = np.zeros(shape), np.zeros(shape)
        for step in range(1, self.n_steps + 1):
            open_ = np.nonzero((histories.n_later >= step) & (met.to_next >= step))[0]
            cells = self._cells(met, open_, np.full(len(open_), step), open_ + step - 1)
            came = met.to_next[open_] == step
            cases += np.bincount(cells, minlength=cases.size).reshape(shape)
            returns += np.bincount(cells[came], minlength=cases.size).reshape(shape)
        self.chances_ = shrunk(returns, cases, self.n_trusted).ravel()
        return self

    def score(self, histories: Histories) -> Scores:
        """Return chances, 0 to 1, of being the next event; those of a row add up to about 1."""
        new = self.new.score(histories)
        own = self._own(histories)
        possible = np.isfinite(new) | (own > 0)
        rest = np.where(np.isfinite(new) & ~_met(histories), np.maximum(new, 0), 0)
        total = rest.sum(axis=1, keepdims=True, dtype=np.float64)
        left = np.maximum(1 - own.sum(axis=1, keepdims=True), LEAST_NEW)
        share = np.divide(left, total, out=np.zeros_like(total), where=total > 0)
        scores = own + rest * share.astype(np.float32)
        possible[~scores.any(axis=1)] = False
        return np.where(possible, scores, -np.inf).astype(np.float32)

    def _own(self, histories: Histories) -> Scores:
        met = meetings(histories)
        latest = np.nonzero(met.to_next > histories.n_later)[0]
        users = histories.users[latest]
        newest = histories.starts[users + 1] - 1
        cells = self._cells(met, latest, histories.n_later[latest] + 1, newest)
        own = np.zeros((len(histories), histories.n_items), np.float32)
        own[users, histories.items[latest]] = self.chances_[cells]
        return own

    def _cells(self, met: Meetings, events: Rows, steps: Rows, newest: Rows) -> Rows:
        """Return the cells of items last met at some events, asked right after others."""
        step = np.minimum(steps, self.n_steps) - 1
        times = np.minimum(met.n_before[events], N_TIMES - 1)
        gap = np.minimum(met.to_previous[events], N_GAPS) - 1
        repeated = np.digitize(met.repeat_share[newest], REPEAT_SHARES)
        length = np.minimum(met.n_events[newest], N_LENGTHS) - 1
        shape = (self.n_steps, N_TIMES, N_GAPS, len(REPEAT_SHARES) + 1, N_LENGTHS)
        return np.asarray(np.ravel_multi_index((step, times, gap, repeated, length), shape))


def shrunk(
    returns: NDArray[np.float64], cases: NDArray[np.float64], n_trusted: float
) -> NDArray[np.float64]:
    """Return the cells' shares of returns, drawn to their row's share; 0 without any case."""
    n_cases = cases.sum(axis=1, keepdims=True)
    of_row = np.divide(
        returns.sum(axis=1, keepdims=True), n_cases, out=np.zeros_like(n_cases), where=n_cases > 0
    )
    return np.asarray((returns + n_trusted * of_row) / (cases + n_trusted))


def _met(histories: Histories) -> NDArray[np.bool_]:
    met = np.zeros((len(histories), histories.n_items), bool)
    met[histories.users, histories.items] = True
    return met
