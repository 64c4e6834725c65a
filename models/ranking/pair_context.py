"""What a history alone tells of a user, an item and the two together, beside the models' scores."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.on_demand import ratio
from models.retrieval.contract import NO_ITEM
from models.retrieval.histories import Histories, Rows, Scores

NAMES = (
    "log_popularity", "log_recent_popularity", "item_age_share", "n_events", "n_distinct_share",
    "n_own", "n_events_since_own", "log_days_since_own",
)  # fmt: skip
RECENT_SHARE = 0.1
"""Of all events, the newest tenth tells what is wanted now."""

Numbers = NDArray[np.float32]
Compared = NDArray[np.int64]
NOTHING_COMPARED: Compared = np.empty((0, 2), np.int64)


@dataclass(frozen=True)
class ItemFacts:
    """What the log tells of n_items items."""

    log_popularity: Numbers
    log_recent_popularity: Numbers
    age_share: Numbers  # 0: first seen at the end of the log, 1: at its beginning
    last_day: float
    features: Numbers  # (n_items, n_features): what else is known, nan where it is not
    compared: (
        Compared  # (n_ratios, 2): places of an item's and a user's feature, one over the other
    )


def item_facts(
    histories: Histories,
    features: Numbers | None = None,
    compared: Compared = NOTHING_COMPARED,
) -> ItemFacts:
    """Return the facts as of the end of what is known; without times everything is of one age.

    Parameters
    ----------
    features : array of shape (n_items, n_features)
        None if nothing else is known of the items.
    compared : array of shape (n_ratios, 2)
        Which of the items' features count beside which of the users', by place.
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
        compared=compared,
    )


def context(items: Rows, histories: Histories, facts: ItemFacts) -> Numbers:
    """Return the features `NAMES` of each user's candidates, shape (n, m, len(NAMES)).

    Parameters
    ----------
    items : array of shape (n, m)
        -1 is no candidate; its features mean nothing.
    histories : Histories of n users
    """
    n_distinct, (n_own, n_since, days_since) = _own(items, histories, facts.last_day)
    lengths = histories.lengths.astype(np.float32)
    distinct_share = n_distinct / np.maximum(lengths, 1)
    by_user: list[Scores] = [lengths, distinct_share.astype(np.float32)]
    of_user = [np.broadcast_to(values[:, None], items.shape) for values in by_user]
    of_item = [
        values[items]
        for values in (facts.log_popularity, facts.log_recent_popularity, facts.age_share)
    ]
    features = [*of_item, *of_user, n_own, n_since, days_since]
    return np.stack(features, axis=2).astype(np.float32)


def ratios(of_items: Numbers, of_users: Numbers, compared: Compared) -> Numbers:
    """Return items' features over users', shape (n, m, n_ratios); nan where one is not known.

    Parameters
    ----------
    of_items : array of shape (n, m, n_item_features)
    of_users : array of shape (n, n_user_features)
    """
    of_item, of_user = compared.T
    return ratio(of_items[:, :, of_item], of_users[:, None, of_user])


def _own(
    items: Rows, histories: Histories, last_day: float
) -> tuple[Rows, tuple[Scores, Scores, Scores]]:
    """Return how many items each history has, and of each candidate three things.

    How often it is in the history, and how many events and days ago last: -1 where it is not.
    """
    n_items = histories.n_items
    cells = histories.users * n_items + histories.items
    own, from_end, counts = np.unique(cells[::-1], return_index=True, return_counts=True)
    last = len(cells) - 1 - from_end
    users = np.arange(len(items))[:, None]
    at = np.searchsorted(own, users * n_items + items)
    at = np.minimum(at, max(len(own) - 1, 0))
    if not len(own):
        nothing = np.full(items.shape, -1, np.float32)
        return np.zeros(len(items), np.int64), (nothing + 1, nothing, nothing)
    met = (own[at] == users * n_items + items) & (items != NO_ITEM)
    ago = np.maximum(last_day - histories.days[last], 0)
    n_own = np.where(met, counts[at], 0).astype(np.float32)
    n_since = np.where(met, histories.n_later[last][at], -1).astype(np.float32)
    days = np.where(met, np.log1p(ago)[at], -1).astype(np.float32)
    n_distinct = np.bincount(own // n_items, minlength=len(items))
    return n_distinct, (n_own, n_since, days)
