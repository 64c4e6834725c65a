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
class SeasonalMean:
    """Forecast the mean of the same period of the last seasons, those that were seen.

    Parameters
    ----------
    n_seasons
        So many back.
    """

    n_seasons: int = 4

    def fit(self, panel: Panel, horizon: int) -> Self:  # noqa: ARG002
        """Learn nothing."""
        return self

    def locate(self, panel: Panel, horizon: int) -> Values:
        """Repeat the mean season; a period not seen in any has the mean of all that were."""
        season = panel.rhythm.season
        n = max(1, min(self.n_seasons, panel.n_periods // season))
        if panel.n_periods < season:
            return MovingMean(panel.n_periods).locate(panel, horizon)
        shape = (panel.n_series, n, season)
        seen = (panel.seen[:, -n * season :] > 0).reshape(shape)
        total = np.where(seen, panel.units[:, -n * season :].reshape(shape), 0).sum(axis=1)
        n_seen = seen.sum(axis=1)
        usual = MovingMean(n * season).locate(panel, 1)
        mean = np.where(n_seen > 0, total / np.maximum(n_seen, 1), usual).astype(np.float32)
        return np.tile(mean, -(-horizon // season))[:, :horizon]


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
