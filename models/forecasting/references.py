"""What any forecast must beat: the same weekday of last week, the mean of the last week."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy.stats import poisson

from models.forecasting.contract import QUANTILES, Forecast, Units

WEEK = 7


@dataclass
class SeasonalNaive:
    """Forecast the units of the same weekday a week before; zero before there is any."""

    def fit(self, demand: Units, first_weekday: int) -> Self:  # noqa: ARG002
        """Learn nothing."""
        return self

    def predict(self, demand: Units, first_weekday: int, horizon: int) -> Forecast:  # noqa: ARG002
        """Repeat the last week as often as needed."""
        week = _last_week(demand)
        units = np.tile(week, -(-horizon // WEEK))[:, :horizon]
        return Forecast(units, units, units, units)


@dataclass
class RecentMean:
    """Forecast the mean of the last seven days for every day, with Poisson's quantiles."""

    def fit(self, demand: Units, first_weekday: int) -> Self:  # noqa: ARG002
        """Learn nothing."""
        return self

    def predict(self, demand: Units, first_weekday: int, horizon: int) -> Forecast:  # noqa: ARG002
        """Repeat the mean."""
        mean = np.repeat(_last_week(demand).mean(axis=1, keepdims=True), horizon, axis=1)
        low, middle, high = (
            np.where(mean > 0, poisson.ppf(quantile, mean), 0.0) for quantile in QUANTILES
        )
        return Forecast(mean, low, middle, high)


def _last_week(demand: Units) -> Units:
    """Return the last seven columns, zeros in front where there are fewer."""
    missing = max(0, WEEK - demand.shape[1])
    return np.pad(demand, ((0, 0), (missing, 0)))[:, -WEEK:]
