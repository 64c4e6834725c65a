"""What buyers' experience leaves of a product's relevance, from its features."""

import numpy as np

from features.store.packed import PRODUCT, Numbers

REBOUGHT, RETURNED, RATED = PRODUCT.places(("rebuy_ratio", "return_ratio", "mean_rating"))
GOOD_STARS = 4.0
OFTEN_REBOUGHT_RATIO = 0.2
MAX_RETURNED_RATIO = 0.9


def quality(rows: Numbers) -> Numbers:
    """Return a factor in (0, 1] that returns and bad reviews leave; 1 where nothing is known.

    The share that is kept, times the stars as a share of `GOOD_STARS`: both are smoothed, so that
    one return or one review is no verdict.

    Parameters
    ----------
    rows : array of shape (n, len(PRODUCT.columns))
    """
    returned = np.minimum(np.nan_to_num(rows[:, RETURNED]), MAX_RETURNED_RATIO)
    stars = np.nan_to_num(rows[:, RATED], nan=GOOD_STARS)
    return np.asarray((1 - returned) * np.minimum(stars / GOOD_STARS, 1))


def bought_again(rows: Numbers) -> np.ndarray:
    """Return which products every fifth buyer or more buys again; not where nothing is known."""
    return np.asarray(np.nan_to_num(rows[:, REBOUGHT]) >= OFTEN_REBOUGHT_RATIO)
