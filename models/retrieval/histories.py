"""What users did, in order: the one thing every retrieval model learns from and answers to."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

Rows = NDArray[np.int64]
Scores = NDArray[np.float32]
Days = NDArray[np.float64]


@dataclass(frozen=True)
class Histories:
    """The events of n users (or sessions), one user after the other, each user's oldest first.

    Parameters
    ----------
    starts : array of shape (n + 1,)
        User i's events are `starts[i]` to `starts[i + 1]`, the latter not included.
    items : array of shape (n_events,)
        Columns, below `n_items`; one item may come again and again.
    weights : array of shape (n_events,)
        How much each event says that the item is wanted, above 0.
    days : array of shape (n_events,)
        When, in days since 1970 with fractions; all 0 where nobody wrote it down. Order within a
        user counts even then.
    shown : csr_matrix of shape (n, n_items)
        How often each user was shown each item, acted upon or not; None where nobody wrote it down.
    """

    starts: Rows
    items: Rows
    weights: Scores
    days: Days
    n_items: int
    shown: csr_matrix | None = None

    def __len__(self) -> int:
        return len(self.starts) - 1

    @property
    def lengths(self) -> Rows:
        """Return how many events each user has, shape (n,)."""
        return np.diff(self.starts)

    @property
    def users(self) -> Rows:
        """Return each event's user, shape (n_events,)."""
        return np.repeat(np.arange(len(self)), self.lengths)

    @property
    def n_later(self) -> Rows:
        """Return how many events of its user follow each event, shape (n_events,)."""
        return np.asarray(np.repeat(self.starts[1:], self.lengths) - 1 - np.arange(len(self.items)))

    def matrix(self) -> csr_matrix:
        """Return the sums of the weights by user and item, shape (n, n_items), sorted."""
        cells = (self.weights.astype(np.float32), self.items.copy(), self.starts.copy())
        summed = csr_matrix(cells, shape=(len(self), self.n_items))
        summed.sum_duplicates()
        return summed

    def part(self, users: Rows) -> Self:
        """Return the histories of some users, in the order asked for."""
        lengths = self.lengths[users]
        starts = np.concatenate([[0], np.cumsum(lengths)])
        events = np.repeat(self.starts[users] - starts[:-1], lengths) + np.arange(starts[-1])
        shown = None if self.shown is None else self.shown[users]
        return replace(self._of(starts, events), shown=shown)

    def kept(self, events: NDArray[np.bool_]) -> Self:
        """Return the same users with the flagged events only, and not what they were shown.

        Events are mostly kept by time; how often an item was shown doesn't say when.
        """
        counts = np.concatenate([[0], np.cumsum(events)])
        return self._of(counts[self.starts], np.nonzero(events)[0])

    def last(self, n: int) -> Self:
        """Return each user's last n events."""
        return self.kept(self.n_later < n)

    def chunks(self, n_users: int) -> Iterator[tuple[slice, Self]]:
        """Yield the users in pieces of at most `n_users`."""
        for start in range(0, len(self), n_users):
            chunk = slice(start, min(start + n_users, len(self)))
            yield chunk, self.part(np.arange(chunk.start, chunk.stop))

    def _of(self, starts: Rows, events: Rows) -> Self:
        return type(self)(
            starts=starts.astype(np.int64),
            items=self.items[events],
            weights=self.weights[events],
            days=self.days[events],
            n_items=self.n_items,
        )


def histories(
    users: Rows, items: Rows, weights: Scores, days: Days, shape: tuple[int, int]
) -> Histories:
    """Return the histories of unsorted events; events of one time keep the order given.

    Parameters
    ----------
    users, items, weights, days : arrays of shape (n_events,)
    shape
        Users and items there are.
    """
    order = np.lexsort((days, users))
    counts = np.bincount(users, minlength=shape[0])
    return Histories(
        starts=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        items=np.asarray(items[order], np.int64),
        weights=np.asarray(weights[order], np.float32),
        days=np.asarray(days[order], np.float64),
        n_items=shape[1],
    )
