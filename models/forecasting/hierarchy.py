"""Forecasts of groups of series, and those of the series moved so that both agree."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from models.forecasting.choosing import ChosenForecaster
from models.forecasting.contract import Forecast
from models.forecasting.families import Makers
from models.forecasting.holiday_effects import HolidayAdjusted
from models.forecasting.panel import Codes, Panel
from models.forecasting.reconciliation import Level, reconciled
from models.forecasting.references import MovingMean, SeasonalMean, SeasonalNaive
from models.forecasting.slow_movers import ets

MIN_SEEN_SHARE = 0.2
MIN_VARIANCE_SHARE = 1e-3
N_DEVIATIONS_OF_80 = 2.563
"""Of a normal distribution, between its 10th and its 90th percentile."""


def group_panel(panel: Panel, group: Codes) -> Panel:
    """Return the sums of series, with what hidden ones would have had: as much as those that were seen, by their size.

    A period is not seen in which series of less than a fifth of the size were: what is foreseen for the group would
    else be what is seen of it, and its series be moved down to that.
    """
    n_groups = int(group.max()) + 1
    units = np.zeros((n_groups, panel.n_periods))
    np.add.at(units, group, panel.units)
    hidden, size = np.zeros_like(units), np.zeros((n_groups, 1))
    mean = panel.units.sum(axis=1, keepdims=True) / np.maximum(
        panel.seen.sum(axis=1, keepdims=True), 1
    )
    begun = np.arange(panel.n_periods) >= panel.starts()[:, None]
    np.add.at(hidden, group, mean * (1 - panel.seen) * begun)
    np.add.at(size, group, mean)
    share = 1 - hidden / np.maximum(size, 1e-9)
    seen = share >= MIN_SEEN_SHARE
    return replace(
        panel,
        units=np.where(seen, units / np.maximum(share, MIN_SEEN_SHARE), 0).astype(np.float32),
        seen=seen.astype(np.float32),
        known={},
        past={},
        codes={},
        groups=None,
    )


def forecast_of_groups(panel: Panel, group: Codes, horizon: int) -> Forecast:
    """Foresee the sums of series from these sums alone."""
    groups = group_panel(panel, group)
    makers: Makers = {
        "seasonal_mean": lambda: HolidayAdjusted(SeasonalMean()),
        "seasonal_naive": lambda: HolidayAdjusted(SeasonalNaive()),
        "recent_mean": lambda: HolidayAdjusted(MovingMean(groups.rhythm.level_window)),
        "ets": lambda: HolidayAdjusted(ets()),
    }
    return ChosenForecaster(makers, "squared").fit(groups, horizon).predict(groups, horizon)


@dataclass
class AgreeingForecaster:
    """Foresee series, then move them towards what is foreseen for each code's groups and for the whole."""

    inner: ChosenForecaster

    def fit(self, panel: Panel, horizon: int) -> Self:
        """Learn to foresee the series."""
        self.inner.fit(panel, horizon)
        return self

    def predict(self, panel: Panel, horizon: int) -> Forecast:
        """Return the forecast of all series of a whole panel."""
        return self.agreed(panel, self.inner.predict(panel, horizon))

    def agreed(self, panel: Panel, forecast: Forecast) -> Forecast:
        """Return a forecast of the series moved towards that of their groups."""
        shared = [code for code in panel.codes.values() if code.max() + 1 < panel.n_series]
        return agreeing(panel, forecast, [*shared, np.zeros(panel.n_series, np.int64)])


def agreeing(panel: Panel, forecast: Forecast, groups: Sequence[Codes]) -> Forecast:
    """Return the forecast moved so that the sums over series are near those foreseen for groups.

    The means are reconciled; point and quantiles move in the same ratio. What is least sure moves most:
    variances are those of the whole horizon's mean 80 % interval.
    """
    horizon = forecast.mean.shape[1]
    levels = []
    for group in groups:
        own = forecast_of_groups(panel, group, horizon)
        levels.append(Level(group, own.mean.astype(np.float64), _variance(own)))
    mean = forecast.mean.astype(np.float64)
    found = reconciled(mean, _variance(forecast), levels)
    ratio = np.where(mean > 0, found / np.maximum(mean, 1e-9), 1).astype(np.float32)
    return replace(
        forecast,
        point=forecast.point * ratio,
        mean=found.astype(np.float32),
        quantiles=forecast.quantiles * ratio,
    )


def _variance(forecast: Forecast) -> NDArray[np.float64]:
    width = (forecast.quantile(0.9) - forecast.quantile(0.1)).mean(axis=1).astype(np.float64)
    variance = (width / N_DEVIATIONS_OF_80) ** 2
    return np.asarray(np.maximum(variance, MIN_VARIANCE_SHARE * max(variance.mean(), 1e-9)))


def sums(mean: NDArray[np.floating], codes: Mapping[str, Codes]) -> dict[str, NDArray[np.float64]]:
    """Return the sums of a forecast over the series of each code, by the code's name."""
    found = {}
    for name, code in codes.items():
        found[name] = np.zeros((int(code.max()) + 1, mean.shape[1]))
        np.add.at(found[name], code, mean)
    return found
