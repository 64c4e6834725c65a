"""Users who are to get a list."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from models.retrieval.histories import Histories, Rows

Features = NDArray[np.float32]


@dataclass(frozen=True)
class Asked:
    """What is known of n users when they are asked about.

    Parameters
    ----------
    histories
        What they did.
    seen : csr_matrix of shape (n, n_items)
        Not zero where a user must not get the item.
    features : array of shape (n, n_features)
        What else is known of them, nan where it is not.
    """

    histories: Histories
    seen: csr_matrix
    features: Features

    def __len__(self) -> int:
        return len(self.histories)

    def part(self, users: Rows) -> Self:
        """Return some of the users, in the order asked for."""
        return type(self)(self.histories.part(users), self.seen[users], self.features[users])

    def chunks(self, n_users: int) -> Iterator[tuple[slice, Self]]:
        """Yield the users in pieces of at most `n_users`."""
        for start in range(0, len(self), n_users):
            chunk = slice(start, min(start + n_users, len(self)))
            yield chunk, self.part(np.arange(chunk.start, chunk.stop))


def asked(histories: Histories, seen: csr_matrix) -> Asked:
    """Return users of whom nothing else is known."""
    return Asked(histories, seen, np.empty((len(histories), 0), np.float32))
