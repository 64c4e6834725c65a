"""What the second stage knows of each hit of a search, as an array."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from models.search import signals as known
from models.search.signals import Ids, Signals

NAMES = ("text_ratio", "place", *known.NAMES, "in_stock")
"""`text_ratio` is the first stage's value over the best hit's, `place` the logarithm of the place there."""
COLUMN = {name: at for at, name in enumerate(NAMES)}

Features = NDArray[np.float32]
Values = NDArray[np.float64]


@dataclass(frozen=True)
class Hits:
    """Hits of a first stage, the best first.

    Parameters
    ----------
    product_ids, values : arrays of shape (n,)
        Products, and what the first stage ordered them by; none below 0.
    """

    product_ids: Ids
    values: Values

    @classmethod
    def of(cls, product_ids: Sequence[int], values: Sequence[float]) -> Self:
        """Return hits of plain numbers."""
        return cls(np.array(product_ids, np.int64), np.array(values, np.float64))


def emphasis(features: Features, n_parts: int | NDArray[np.int64]) -> Values:
    """Return what a query's parts beyond the first add to the logarithm of hits' worth, shape (n,).

    Of a long query hits may lack some parts, which shows in the text's value alone: the longer it is, the more the text
    counts, whatever the order.
    """
    with np.errstate(divide="ignore"):
        logarithms = np.log(features[:, COLUMN["text_ratio"]].astype(np.float64))
    return np.asarray((n_parts - 1) / 2 * logarithms)


def features(hits: Hits, signals: Signals) -> Features:
    """Return what is known of each hit, shape (n, len(NAMES)); nan what is not."""
    best = hits.values.max(initial=0.0)
    text_ratios = hits.values / best if best > 0 else np.zeros(len(hits.values))
    return joined(text_ratios, np.arange(1, len(hits.values) + 1), hits.product_ids, signals)


def joined(text_ratios: Values, places: Values | Ids, products: Ids, signals: Signals) -> Features:
    """Return what a first stage says beside what is known of products, shape (n, len(NAMES)).

    Parameters
    ----------
    places
        In the first stage, from 1; nan for what it did not find.
    """
    at = signals.places(products)
    found = np.empty((len(products), len(NAMES)), np.float32)
    found[:, 0] = text_ratios
    found[:, 1] = np.log(places)
    found[:, 2:-1] = signals.lifts[at]
    found[:, -1] = signals.in_stock[at]
    return found
