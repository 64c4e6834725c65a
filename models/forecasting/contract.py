"""What every forecaster of demand returns."""

from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

Units = NDArray[np.float64]

QUANTILES = (0.1, 0.5, 0.9)


@dataclass(frozen=True)
class Forecast:
    """Arrays of shape (n_series, horizon), at least 0; p10 <= p50 <= p90."""

    mean: Units
    p10: Units
    p50: Units
    p90: Units


class Forecaster(Protocol):
    """A model of many series of daily units. A series is a row, a day a column."""

    def fit(self, demand: Units, first_weekday: int) -> Self:
        """Learn.

        Parameters
        ----------
        demand : array of shape (n_series, n_days)
            Units per day, the last column being the newest known day.
        first_weekday
            Of the first column; 0 is Monday.
        """

    def predict(self, demand: Units, first_weekday: int, horizon: int) -> Forecast:
        """Return the forecast of the days after the last column, for all series."""
