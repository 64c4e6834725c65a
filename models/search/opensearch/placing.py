"""The second stage, operators' weights and pins on hits of OpenSearch, as `models.search.placing` has them for Tantivy's."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from models.search.placing import N_WEIGHED
from models.search.second_stage import SecondStage
from models.search.signals import Signals
from models.search.wishes import Pin, Weights


@dataclass(frozen=True)
class Hit:
    """A product of an answer; `columns` are what weights look at, and empty without any."""

    value: float
    product_id: int
    columns: Mapping[str, Any] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class Hits:
    """The first hits of a query: `n_total` are all of them, `n_pinned` those of these that are pinned."""

    first: Sequence[Hit] = ()
    n_total: int = 0
    n_pinned: int = 0

    @property
    def n_own(self) -> int:
        """How many are not pinned."""
        return self.n_total - self.n_pinned


@dataclass(frozen=True)
class Placed:
    """A list with its pins; see `models.search.placing.Placed`."""

    hits: Sequence[Hit]
    n_total: int
    n_full: int
    n_listed: int


def reordered(hits: Sequence[Hit], second_stage: SecondStage | None, signals: Signals) -> list[Hit]:
    """Return hits as the second stage orders the first `N_WEIGHED`; `hits` must have all of these."""
    if second_stage is None or not hits:
        return list(hits)
    window = hits[:N_WEIGHED]
    ids, values = [hit.product_id for hit in window], [hit.value for hit in window]
    worth = second_stage.reordered(ids, values, signals)
    return [
        *(replace(window[place], value=value) for place, value in worth),
        *hits[N_WEIGHED:],
    ]


def weighed(hits: Sequence[Hit], weights: Sequence[Weights]) -> list[Hit]:
    """Return hits by value times factors among the first `N_WEIGHED`; `hits` must have all of these."""
    if not weights:
        return list(hits)
    worth = [
        replace(hit, value=hit.value * math.prod(each.factor(hit.columns) for each in weights))
        for hit in hits[:N_WEIGHED]
    ]
    return [*sorted(worth, key=lambda hit: -hit.value), *hits[N_WEIGHED:]]


def placed(pins: Sequence[Pin], listed: Collection[int], enough: Hits, behind: Hits) -> Placed:
    """Return the list with each pinned product at its place, or its end, and nowhere else.

    Parameters
    ----------
    listed
        Those of the pinned products that are there and pass the filters.
    """
    hits = [hit for hit in (*enough.first, *behind.first) if hit.product_id not in listed]
    n_full = enough.n_own
    for pin in pins:
        if pin.product_id in listed:
            place = min(pin.place - 1, len(hits))
            hits.insert(place, Hit(0.0, pin.product_id))
            n_full += place <= n_full
    n_own = enough.n_own if enough.n_total else behind.n_own
    n_listed = enough.n_own + behind.n_own + len(listed)
    return Placed(hits, n_own + len(listed), n_full, n_listed)
