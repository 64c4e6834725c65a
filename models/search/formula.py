"""The second stage's order where nothing better was learnt: a formula by hand.

The text's value over the best hit's, times powers of how much a product is looked at, put in the cart, wanted and
liked beside the shop's others. What is not known counts as usual: without behaviour the text alone decides.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from models.search.features import COLUMN, NAMES, Features

EXPONENTS = {
    "look_lift": 0.4,
    "conversion_lift": 0.2,
    "cart_lift": 0.3,
    "demand_lift": 0.1,
    "rating_lift": 0.5,
    "price_lift": -0.1,
}
"""A judgement: what is looked at twice as often as usual is worth a third more."""
MOST_LIFT = float(np.log(3.0))
"""All of them together make a product worth three times as much at most, or a third."""

_WEIGHTS = np.zeros(len(NAMES))
_WEIGHTS[[COLUMN[name] for name in EXPONENTS]] = list(EXPONENTS.values())
_TEXT = COLUMN["text_ratio"]


@dataclass(frozen=True)
class FormulaOrder:
    """The order of the formula."""

    name: ClassVar[str] = "formula"

    def logarithms(self, features: Features) -> NDArray[np.float64]:
        """Return the logarithm of what each hit is worth, shape (n,); minus infinity for no text at all."""
        lifts = np.clip(np.nan_to_num(features, nan=0.0) @ _WEIGHTS, -MOST_LIFT, MOST_LIFT)
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(features[:, _TEXT].astype(np.float64)) + lifts)

    def contributions(self, features: Features, place: int) -> NDArray[np.float64]:
        """Return what each feature of one hit adds to its logarithm, shape (len(NAMES),).

        Where `MOST_LIFT` is reached they add up to more.
        """
        row = np.nan_to_num(features[place].astype(np.float64), nan=0.0)
        added = row * _WEIGHTS
        added[_TEXT] = np.log(row[_TEXT]) if row[_TEXT] > 0 else -np.inf
        return np.asarray(added)
