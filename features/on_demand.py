"""Features that are made when they are asked for: of a user and a product together, or of the moment.

No table can hold them: pairs are too many, and days pass. The recommender's rankers and the feature store make them
by the same functions (`models.ranking.pair_context`, `features.store.on_demand_views`).
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

DAY_SECONDS = 86_400


def ratio(part: ArrayLike, whole: ArrayLike) -> NDArray[np.float32]:
    """Return a price over what is usual, elementwise; nan where either is unknown or nothing is usual."""
    parts, wholes = np.asarray(part, np.float32), np.asarray(whole, np.float32)
    is_usual = wholes > 0
    return np.where(is_usual, parts / np.where(is_usual, wholes, np.float32(1)), np.float32(np.nan))


def days_since(day: ArrayLike, asked_at_seconds: ArrayLike) -> NDArray[np.float64]:
    """Return how many whole UTC days lie between a day and a moment; nan where the day is unknown.

    Parameters
    ----------
    day
        Days since 1970.
    asked_at_seconds
        Seconds since 1970.
    """
    asked_on = np.floor(np.asarray(asked_at_seconds, np.float64) / DAY_SECONDS)
    return asked_on - np.asarray(day, np.float64)
