"""The second stage of a search: the first hits of the text put into another order.

An order gives each hit the logarithm of what it is worth, a long query's words and a customer's taste add to it, and what
that comes to is the hit's value from then on: so operators' factors multiply it as they multiply a text's score.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from models.evaluation.experiments.interleaving import Drafted, team_draft
from models.search import taste
from models.search.features import Features, Hits, emphasis, features
from models.search.formula import FormulaOrder
from models.search.signals import Ids, Signals

Logarithms = NDArray[np.float64]
STEP = 1e-9
"""Keeps apart what is worth the same, so that a draft's order stays."""


class Order(Protocol):
    """Says what hits are worth, by their features alone."""

    @property
    def name(self) -> str:
        """What people call it."""

    def logarithms(self, features: Features) -> Logarithms:
        """Return the logarithm of what each hit is worth, shape (n,)."""

    def contributions(self, features: Features, place: int) -> Logarithms:
        """Return what each feature of one hit adds to its logarithm, shape (n_features,)."""


@dataclass(frozen=True)
class Beside:
    """Another order, whose list and the first's are shown as one.

    Parameters
    ----------
    seed
        What coins are drawn by: the same list comes again for the same hits.
    teams
        Is filled with what was drafted: product -> the list that it counts for.
    """

    order: Order
    seed: str
    teams: dict[int, int] = field(default_factory=dict)

    def drafted(self, product_ids: Ids, first: Logarithms, second: Logarithms) -> Logarithms:
        """Return the first list's worth, given to hits in the order of the draft, shape (n,)."""
        best, others = (np.argsort(-worth, kind="stable").tolist() for worth in (first, second))
        seed = crc32(f"{self.seed} {product_ids.tolist()}".encode())
        draws = random.Random(seed)  # noqa: S311 - no secret
        drafted = team_draft(best, others, len(first), draws)
        shown = product_ids[drafted.product_ids].tolist()
        self.teams.update(zip(shown, drafted.teams, strict=True))
        worth = np.empty(len(first))
        worth[drafted.product_ids] = -np.sort(-first) - STEP * np.arange(len(first))
        return worth

    def of(self, product_ids: Sequence[int]) -> Drafted:
        """Return which of some products count for which list; what was not drafted for neither."""
        known = [each for each in product_ids if each in self.teams]
        return Drafted(known, [self.teams[each] for each in known])


@dataclass(frozen=True)
class SecondStage:
    """An order, and whose taste counts; nobody's without `acts`. `n_parts` are the query's.

    With `beside` the list is a draft of two orders.
    """

    order: Order
    acts: taste.Acts | None = None
    n_parts: int = 1
    beside: Beside | None = None

    def worth(self, hits: Hits, signals: Signals) -> Logarithms:
        """Return what each hit is worth, above 0 where it has any of the words, shape (n,)."""
        known = features(hits, signals)
        worth = self._worth(self.order, known, hits, signals)
        if self.beside is not None:
            other = self._worth(self.beside.order, known, hits, signals)
            worth = self.beside.drafted(hits.product_ids, worth, other)
        return np.asarray(np.exp(worth))

    def _worth(self, order: Order, known: Features, hits: Hits, signals: Signals) -> Logarithms:
        worth = order.logarithms(known)
        if self.n_parts > 1:
            worth = worth + emphasis(known, self.n_parts)
        if self.acts is not None:
            worth = worth + taste.logarithms(taste.taste(self.acts, hits.product_ids, signals))
        return worth

    def reordered(
        self, product_ids: Sequence[int], values: Sequence[float], signals: Signals
    ) -> list[tuple[int, float]]:
        """Return the places of hits as they come in the new order, from 0, each with its value.

        What is worth the same stays as it was.
        """
        worth = self.worth(Hits.of(product_ids, values), signals)
        order = np.argsort(-worth, kind="stable")
        return list(zip(order.tolist(), worth[order].tolist(), strict=True))


BY_HAND = SecondStage(FormulaOrder())
