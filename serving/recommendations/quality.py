"""What buyers' experience leaves of a product's relevance, from its features."""

import numpy as np

from features.store.packed import PRODUCT
from serving.recommendations.known import Numbers

RETURNS, UNITS = PRODUCT.places(("n_returns_28d", "n_units_28d"))
PRIOR_UNITS = 20.0
"""Units added to each product's, so that one return of one unit is no verdict."""


def quality(rows: Numbers) -> Numbers:
    """Return a factor in (0, 1] by which returns take away from relevance; 1 where nothing is known.

    Parameters
    ----------
    rows : array of shape (n, len(PRODUCT.columns))
    """
    returns, units = (np.nan_to_num(rows[:, column]) for column in (RETURNS, UNITS))
    return np.asarray(1 - np.minimum(returns / (units + PRIOR_UNITS), 0.9))


def bought_again(rows: Numbers) -> np.ndarray:
    """Return which products are bought again and again."""
    return np.zeros(len(rows), bool)
