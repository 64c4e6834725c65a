"""Anybody's log of who did what: columns in, histories out."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.retrieval.histories import Days, Histories, Scores, histories


@dataclass(frozen=True)
class Log:
    """Histories of users, with the names that users and items had in the log.

    Parameters
    ----------
    user_names : array of shape (n_users,)
        Rising.
    item_names : array of shape (n_items,)
        Rising.
    timed
        Whether `histories.days` says when.
    ordered
        Whether the order within a user says anything; always if timed.
    """

    user_names: NDArray[Any]
    item_names: NDArray[Any]
    histories: Histories
    timed: bool
    ordered: bool


@dataclass(frozen=True)
class Columns:
    """A log as it is written: one entry per event.

    Parameters
    ----------
    users, items : arrays of shape (n_events,)
        Names, of any type that sorts.
    weights
        Above 0; None counts 1 each.
    days
        Days since 1970 with fractions; None if nobody wrote it down.
    ordered
        Whether a user's rows stand in the order in which they happened.
    """

    users: NDArray[Any]
    items: NDArray[Any]
    weights: Scores | None = None
    days: Days | None = None
    ordered: bool = False


def log_of(columns: Columns) -> Log:
    """Return the log, its users and items numbered by their names."""
    user_names, users = np.unique(columns.users, return_inverse=True)
    item_names, items = np.unique(columns.items, return_inverse=True)
    n_events, shape = len(users), (len(user_names), len(item_names))
    weights = np.ones(n_events, np.float32) if columns.weights is None else columns.weights
    days = np.zeros(n_events) if columns.days is None else columns.days
    return Log(
        user_names=user_names,
        item_names=item_names,
        histories=histories(users, items, weights, days, shape),
        timed=columns.days is not None,
        ordered=columns.ordered or columns.days is not None,
    )


def numbered(names: NDArray[Any], known: NDArray[Any]) -> NDArray[np.int64]:
    """Return where each name stands in `known`, which rises; -1 where it does not."""
    if not len(known):
        return np.full(len(names), -1)
    places = np.minimum(np.searchsorted(known, names), len(known) - 1)
    return np.where(known[places] == names, places, -1)
