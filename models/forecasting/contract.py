"""What every forecaster of demand takes and returns."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from models.forecasting.panel import Panel, Values

SHARES = (0.8, 0.95)
"""Of outcomes that intervals are to hold."""

LEVELS = (0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.975, 0.99)

Loss = Literal["absolute", "squared", "relative"]
"""What a point forecast is to make small: WAPE (its best is the median), bias and squares (the mean),
or MAPE (a median weighed by 1 / units, which is lower)."""


class TooFewPeriodsError(ValueError):
    """There is too little history to learn from; the message says how much is needed."""


@dataclass(frozen=True)
class Forecast:
    """Units of each series in each of the next periods, as a distribution.

    Parameters
    ----------
    point, mean : arrays of shape (n_series, horizon)
        At least 0. `point` suits the loss that was asked for.
    quantiles : array of shape (len(levels), n_series, horizon)
        At least 0, not falling along the first axis.
    levels
        Ascending, within 0 and 1.
    shares
        By the share that an interval is to hold: the share to ask the quantiles for. A product that hardly
        ever sells has an interval of 0 alone, which holds more than it should; so that all intervals
        together hold what they say, the others hold a little less. Where one time differs from another, more
        is asked than is to be held.
    """

    point: Values
    mean: Values
    quantiles: Values
    levels: tuple[float, ...] = LEVELS
    shares: Mapping[float, float] = field(default_factory=dict)

    def quantile(self, level: float) -> Values:
        """Return what `level` of the outcomes do not exceed, linear between the levels at hand."""
        if level in self.levels:
            return np.asarray(self.quantiles[self.levels.index(level)])
        above = int(np.searchsorted(self.levels, level))
        low, high = max(above - 1, 0), min(above, len(self.levels) - 1)
        span = self.levels[high] - self.levels[low]
        part = (level - self.levels[low]) / span if span else 0.0
        return np.asarray((1 - part) * self.quantiles[low] + part * self.quantiles[high])

    def interval(self, share: float) -> tuple[Values, Values]:
        """Return the bounds between which `share` of the outcomes fall.

        Each tail has half of the rest. Where nothing is sold often enough that the lower bound is 0,
        there is no lower tail, and the upper has all of it: else slow movers' intervals hold too much.
        """
        share = self.shares.get(share, share)
        tail = (1 - share) / 2
        low, high = self.quantile(tail), self.quantile(1 - tail)
        return low, np.where(low > 0, high, self.quantile(share))

    def rows(self, series: NDArray[np.int64] | slice) -> "Forecast":
        """Return the forecast of some of the series."""
        return replace(
            self,
            point=self.point[series],
            mean=self.mean[series],
            quantiles=self.quantiles[:, series],
        )


class Locator(Protocol):
    """A model that says about how much will be sold, and leaves to others how sure that is."""

    def fit(self, panel: Panel, horizon: int) -> Self:
        """Learn to foresee up to `horizon` periods."""

    def locate(self, panel: Panel, horizon: int) -> Values:
        """Return units of shape (n_series, horizon) after the last column, at least 0."""


class Forecaster(Protocol):
    """A model of many series."""

    def fit(self, panel: Panel, horizon: int) -> Self:
        """Learn to foresee up to `horizon` periods.

        Raises
        ------
        TooFewPeriodsError
            If the panel is too short.
        """

    def predict(self, panel: Panel, horizon: int) -> Forecast:
        """Return the forecast of the periods after the last column, for all series."""
