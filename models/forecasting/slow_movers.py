"""Models of one series each, for those that sell now and then: Croston's, TSB, ETS.

Sources: Croston, "Forecasting and stock control for intermittent demands" (Operational Research
Quarterly 1972), as corrected by Syntetos and Boylan (2005); Teunter, Syntetos, Babai, "Intermittent
demand" (European J. of Operational Research 2011); Hyndman et al., "A state space framework for
automatic forecasting using exponential smoothing methods" (Int. J. of Forecasting 2002).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from statsforecast.models import TSB, AutoETS, CrostonSBA

from models.forecasting.panel import Panel, Values

MIN_PERIODS = 8
SMOOTHING = 0.1


@dataclass
class EachSeries:
    """Forecast each series from itself; the mean of a series that is too short or never sold.

    Parameters
    ----------
    model
        Returns a model of `statsforecast.models`.
    max_periods
        Only the newest are looked at.
    """

    model: Callable[[], Any]
    max_periods: int = 400

    def fit(self, panel: Panel, horizon: int) -> Self:  # noqa: ARG002
        """Learn nothing: such a model is fitted to the series it forecasts."""
        return self

    def locate(self, panel: Panel, horizon: int) -> Values:
        """Fit and forecast one series after the other."""
        found = np.zeros((panel.n_series, horizon), np.float32)
        for row in range(panel.n_series):
            seen = panel.seen[row, -self.max_periods :] > 0
            units = panel.units[row, -self.max_periods :][seen]
            if len(units) and units.any():
                found[row] = self._forecast(units.astype(np.float64), horizon)
        return found

    def _forecast(self, units: NDArray[np.float64], horizon: int) -> NDArray[np.float64]:
        if len(units) < MIN_PERIODS or (units > 0).sum() < 2:
            return np.full(horizon, units.mean())
        found = np.asarray(self.model().forecast(units, horizon)["mean"])
        return np.asarray(np.maximum(np.nan_to_num(found, nan=units.mean()), 0))


def croston() -> EachSeries:
    """Return Croston's method with the correction of Syntetos and Boylan."""
    return EachSeries(CrostonSBA)


def tsb() -> EachSeries:
    """Return the method of Teunter, Syntetos and Babai, which lets demand die out."""
    return EachSeries(lambda: TSB(SMOOTHING, SMOOTHING))


def ets() -> EachSeries:
    """Return exponential smoothing, its kind chosen by AICc, without a season."""
    return EachSeries(lambda: AutoETS(season_length=1, model="ZZN"))
