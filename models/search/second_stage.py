"""The second stage of a search: the first hits of the text put into another order.

An order gives each hit the logarithm of what it is worth, a long query's words and a customer's taste add to it, and what
that comes to is the hit's value from then on: so operators' factors multiply it as they multiply a text's score.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from models.search import taste
from models.search.features import Features, Hits, emphasis, features
from models.search.formula import FormulaOrder
from models.search.signals import Signals

Logarithms = NDArray[np.float64]


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
class SecondStage:
    """An order, and whose taste counts; nobody's without `acts`. `n_parts` are the query's."""

    order: Order
    acts: taste.Acts | None = None
    n_parts: int = 1

    def worth(self, hits: Hits, signals: Signals) -> Logarithms:
        """Return what each hit is worth, above 0 where it has any of the words, shape (n,)."""
        known = features(hits, signals)
        worth = self.order.logarithms(known)
        if self.n_parts > 1:
            worth = worth + emphasis(known, self.n_parts)
        if self.acts is not None:
            worth = worth + taste.logarithms(taste.taste(self.acts, hits.product_ids, signals))
        return np.asarray(np.exp(worth))

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
