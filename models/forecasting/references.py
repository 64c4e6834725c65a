"""What any forecast must beat: the same season again, the mean of the last periods."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from models.forecasting.panel import Panel, Values


@dataclass
class SeasonalNaive:
    """Forecast the units of the same period a season before; the newest before there is any."""

    def fit(self, panel: Panel, horizon: int) -> Self:  # noqa: ARG002
        """Learn nothing."""
        return self

    def locate(self, panel: Panel, horizon: int) -> Values:
        """Repeat the last season as often as needed."""
        season = panel.rhythm.season if panel.n_periods >= panel.rhythm.season else 1
        return np.tile(panel.units[:, -season:], -(-horizon // season))[:, :horizon]


@dataclass
class MovingMean:
    """Forecast the mean of the last seen periods for every period.

    Parameters
    ----------
    n_periods
        So many periods back; those in which nothing was seen don't count.
    """

    n_periods: int = 7

    def fit(self, panel: Panel, horizon: int) -> Self:  # noqa: ARG002
        """Learn nothing."""
        return self

    def locate(self, panel: Panel, horizon: int) -> Values:
        """Repeat the mean; 0 for a series that wasn't seen."""
        seen = panel.seen[:, -self.n_periods :] > 0
        total = np.where(seen, panel.units[:, -self.n_periods :], 0).sum(axis=1, keepdims=True)
        mean = total / np.maximum(seen.sum(axis=1, keepdims=True), 1)
        return np.repeat(mean.astype(np.float32), horizon, axis=1)
