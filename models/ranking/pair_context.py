"""What a history alone tells of a user, an item and the two together, beside the models' scores."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from models.retrieval.contract import NO_ITEM
from models.retrieval.histories import Histories, Rows, Scores

NAMES = (
    "log_popularity", "log_recent_popularity", "item_age_share", "n_events", "n_distinct_share",
    "n_own", "n_events_since_own", "log_days_since_own",
)  # fmt: skip
RECENT_SHARE = 0.1
"""Of all events, the newest tenth tells what is wanted now."""

Numbers = NDArray[np.float32]


@dataclass(frozen=True)
class ItemFacts:
    """What the log tells of n_items items."""

    log_popularity: Numbers
    log_recent_popularity: Numbers
    age_share: Numbers  # 0: first seen at the end of the log, 1: at its beginning
    last_day: float
    features: Numbers  # (n_items, n_features): what else is known, nan where it is not


def item_facts(histories: Histories, features: Numbers | None = None) -> ItemFacts:
    """Return the facts as of the end of what is known; without times everything is of one age.

    Parameters
    ----------
    features : array of shape (n_items, n_features)
        None if nothing else is known of the items.
    """
    n_items, days = histories.n_items, histories.days
    counts = np.bincount(histories.items, minlength=n_items)
    first_day, last_day = (days.min(), days.max()) if len(days) else (0.0, 0.0)
    recent = days >= np.quantile(days, 1 - RECENT_SHARE) if len(days) else np.zeros(0, bool)
    first = np.full(n_items, last_day)
    np.minimum.at(first, histories.items, days)
    span = max(last_day - first_day, 1e-9)
    return ItemFacts(
        log_popularity=np.log1p(counts).astype(np.float32),
        log_recent_popularity=np.log1p(
            np.bincount(histories.items[recent], minlength=n_items)
        ).astype(np.float32),
        age_share=((last_day - first) / span).astype(np.float32),
        last_day=float(last_day),
        features=np.empty((n_items, 0), np.float32) if features is None else features,
    )


def context(items: Rows, histories: Histories, facts: ItemFacts) -> Numbers:
    """Return the features `NAMES` of each user's candidates, shape (n, m, len(NAMES)).

    Parameters
    ----------
    items : array of shape (n, m)
        -1 is no candidate; its features mean nothing.
    histories : Histories of n users
    """
    n_own, n_since, days_since = _own(items, histories, facts.last_day)
    lengths = histories.lengths.astype(np.float32)
    n_distinct = np.diff(histories.matrix().indptr)
    by_user = [lengths, n_distinct / np.maximum(lengths, 1)]
    of_user = [np.broadcast_to(values[:, None], items.shape) for values in by_user]
    of_item = [
        values[items]
        for values in (facts.log_popularity, facts.log_recent_popularity, facts.age_share)
    ]
    features = [*of_item, *of_user, n_own, n_since, days_since]
    return np.stack(features, axis=2).astype(np.float32)


def _own(items: Rows, histories: Histories, last_day: float) -> tuple[Scores, Scores, Scores]:
    """Return how often each candidate is in the history, and how long ago; -1 where it is not."""
    users = histories.users
    shape = (len(histories), histories.n_items)
    n_own = _cells(csr_matrix((np.ones(len(users)), (users, histories.items)), shape), items)
    last = histories.kept(_last_of_item(histories))
    n_later = histories.n_later[_last_of_item(histories)]
    ago = _cells(csr_matrix((n_later + 1.0, last.items, last.starts), shape), items) - 1
    age_days = np.maximum(last_day - last.days, 0)
    days = _cells(csr_matrix((np.log1p(age_days) + 1, last.items, last.starts), shape), items) - 1
    return n_own, ago, days


def _last_of_item(histories: Histories) -> NDArray[np.bool_]:
    """Return which events are the last with their user and item."""
    cells = histories.users * histories.n_items + histories.items
    _, from_end = np.unique(cells[::-1], return_index=True)
    flags = np.zeros(len(cells), bool)
    flags[len(cells) - 1 - from_end] = True
    return flags


def _cells(matrix: csr_matrix, items: Rows) -> Scores:
    rows = np.repeat(np.arange(len(items)), items.shape[1])
    found = np.asarray(matrix[rows, np.maximum(items, 0).ravel()]).reshape(items.shape)
    return np.where(items == NO_ITEM, 0, found).astype(np.float32)
