"""All that is said of a recommender's lists: measures with intervals, by kind of user and item."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from models.evaluation.beyond_accuracy import (
    diversity,
    miscalibration,
    novelty,
    popularity_share,
)
from models.evaluation.holdouts import Holdout
from models.evaluation.intervals import Interval, interval
from models.evaluation.lists import Values, coverage, user_measures
from models.retrieval.histories import Histories, Rows

HEAD_SHARE = 0.5
"""The most popular items that together hold this share of all events are the head."""
SEGMENT_SHARE = 0.2
"""The fifth of the users with the shortest history is new, the one with the longest heavy."""
COLD_EVENTS = 5
"""An item with at most so many events is cold: next to nothing but its text tells of it."""
N_PAIRED_USERS = 1_000
"""Diversity compares the pairs of each list: it is measured on so many users."""


@dataclass(frozen=True)
class Report:
    """What a model came to.

    Parameters
    ----------
    measures
        By name: recall, ndcg, map, mrr, novelty (bits), diversity, head_share and, where items have
        groups, miscalibration (nats).
    segments
        NDCG by name: new_users, heavy_users, head_items, tail_items, cold_items.
    coverage
        Share of the catalogue on at least one list.
    ndcg
        Each user's, shape (n,).
    """

    measures: Mapping[str, Interval]
    segments: Mapping[str, Interval]
    coverage: float
    ndcg: Values


def report(items: Rows, holdout: Holdout, groups: Rows | None, seed: int) -> Report:
    """Return the report of lists, shape (n, k), for the users of a hold-out.

    Parameters
    ----------
    groups : array of shape (n_items,) or None
        Each item's category, from 0.
    """
    values = user_measures(items, holdout.relevant) | beyond(items, holdout, groups)
    return Report(
        measures={name: interval(each, seed) for name, each in values.items()},
        segments={name: interval(each, seed) for name, each in segments(items, holdout).items()},
        coverage=coverage(items, holdout.known.n_items),
        ndcg=values["ndcg"],
    )


def beyond(items: Rows, holdout: Holdout, groups: Rows | None) -> dict[str, Values]:
    """Return what is measured beside accuracy, by user; diversity by some of the users."""
    user_items = holdout.known.matrix()
    values = {
        "novelty": novelty(items, user_items),
        "diversity": diversity(items[:N_PAIRED_USERS], user_items),
        "head_share": popularity_share(items, head_of(holdout.known)),
    }
    if groups is not None:
        values["miscalibration"] = miscalibration(items, holdout.asked.histories.matrix(), groups)
    return values


def head_of(known: Histories) -> NDArray[np.bool_]:
    """Return which items are the head, shape (n_items,)."""
    counts = np.bincount(known.items, minlength=known.n_items)
    order = np.argsort(-counts, kind="stable")
    before = np.cumsum(counts[order]) - counts[order]
    head = np.zeros(known.n_items, bool)
    head[order] = before < HEAD_SHARE * counts.sum()
    return head & (counts > 0)


def cold_of(known: Histories) -> NDArray[np.bool_]:
    """Return which items have at most `COLD_EVENTS` events, shape (n_items,)."""
    return np.asarray(np.bincount(known.items, minlength=known.n_items) <= COLD_EVENTS)


def segments(items: Rows, holdout: Holdout) -> dict[str, Values]:
    """Return each user's NDCG within the segments; nan for users outside."""
    lengths = holdout.asked.histories.lengths
    ndcg = user_measures(items, holdout.relevant)["ndcg"]
    short, long = np.quantile(lengths, [SEGMENT_SHARE, 1 - SEGMENT_SHARE])
    head = head_of(holdout.known)
    return {
        "new_users": np.where(lengths <= short, ndcg, np.nan),
        "heavy_users": np.where(lengths >= long, ndcg, np.nan),
        "head_items": _ndcg_among(items, holdout.relevant, head),
        "tail_items": _ndcg_among(items, holdout.relevant, ~head),
        "cold_items": _ndcg_among(items, holdout.relevant, cold_of(holdout.known)),
    }


def _ndcg_among(items: Rows, relevant: csr_matrix, among: NDArray[np.bool_]) -> Values:
    columns = np.zeros((1, relevant.shape[1]), np.float32)
    columns[0, : len(among)] = among
    wanted = relevant.multiply(columns).tocsr()
    wanted.eliminate_zeros()
    return user_measures(items, wanted)["ndcg"]
