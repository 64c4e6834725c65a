"""What a customer looked at and bought last, beside each hit of a search: brands, categories and prices."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.schemas.weights import PURCHASE_WEIGHT, VIEW_WEIGHT
from models.search.signals import NAMES as SIGNALS
from models.search.signals import UNKNOWN, Ids, Signals

NAMES = ("own_brand", "own_category", "own_price")
"""`own_brand` and `own_category` are shares, 0 to 1, of what was done with products of the hit's brand and of its
category; `own_price` is how far the logarithm of its price over the category's is from the customer's mean, below 0."""
PRIOR_ACTS = 5.0
"""A customer's shares count in full only after many acts: so many are taken for others'."""
WEIGHTS = (3.0, 0.3, 0.2)
"""What each adds to the logarithm of a hit's worth, the same for all customers: a judgement."""
MOST = float(np.log(3.0))
"""Taste makes a hit worth three times as much at most, or a third: it does not take the words' place."""

_PRICE = SIGNALS.index("price_lift")


@dataclass(frozen=True)
class Acts:
    """What a customer did last: product ids, the newest first."""

    looked_at: Sequence[int] = ()
    bought: Sequence[int] = ()


def taste(acts: Acts, product_ids: Ids, signals: Signals) -> NDArray[np.float64]:
    """Return what the acts say of each product, shape (n, len(NAMES)); 0 where they say nothing."""
    own = signals.places(np.array([*acts.looked_at, *acts.bought], np.int64))
    weights = np.repeat([VIEW_WEIGHT, PURCHASE_WEIGHT], [len(acts.looked_at), len(acts.bought)])
    known = own >= 0
    own, weights = own[known], weights[known]
    at = signals.places(product_ids)
    prior = PRIOR_ACTS * VIEW_WEIGHT
    columns = [
        _shares(signals.brands[own], weights, signals.brands[at], prior),
        _shares(signals.categories[own], weights, signals.categories[at], prior),
        _nearness(signals.lifts[own, _PRICE], weights, signals.lifts[at, _PRICE], prior),
    ]
    return np.asarray(np.column_stack(columns))


def logarithms(tastes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what taste adds to the logarithm of each hit's worth, shape (n,)."""
    return np.asarray(np.clip(tastes @ np.array(WEIGHTS), -MOST, MOST))


def _shares(
    own: Ids, weights: NDArray[np.float64], asked: Ids, prior: float
) -> NDArray[np.float64]:
    """Return the share of the weight that is on each asked code."""
    same = (own[:, None] == asked[None, :]) & (asked != UNKNOWN)
    return np.asarray(weights @ same / (weights.sum() + prior))


def _nearness(
    own: NDArray[np.float32], weights: NDArray[np.float64], asked: NDArray[np.float32], prior: float
) -> NDArray[np.float64]:
    known = ~np.isnan(own)
    weight = weights[known].sum()
    if not weight:
        return np.zeros(len(asked))
    mean = weights[known] @ own[known] / weight
    away = np.nan_to_num(np.abs(asked - mean), nan=0.0)
    return np.asarray(-away * weight / (weight + prior))
