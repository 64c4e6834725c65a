"""Forecasts made as if on past days, held against what then came."""

import numpy as np

from models.evaluation.forecasts import bias, interval_coverage, pinball, wape
from models.forecasting.contract import QUANTILES, Forecast, Forecaster, Units


def backtest(
    forecaster: Forecaster, demand: Units, first_weekday: int, horizon: int, n_origins: int
) -> dict[str, float]:
    """Forecast the last `n_origins` periods of `horizon` days, each from the days before it.

    The model is fitted once, on the days before the first of these periods, and forecasts each
    from all days before it. No day is ever used to foresee itself.

    Returns
    -------
    dict
        `wape` of the median, which is what minimises it; `bias` of the mean; `pinball_10`, `_50`,
        `_90` in units; `coverage` of the interval from p10 to p90, 0.8 at best.
    """
    n_days = demand.shape[1]
    starts = [n_days - horizon * n for n in range(n_origins, 0, -1)]
    fitted = forecaster.fit(demand[:, : starts[0]], first_weekday)
    forecasts = [fitted.predict(demand[:, :start], first_weekday, horizon) for start in starts]
    actual = np.concatenate([demand[:, start : start + horizon] for start in starts], axis=1)
    return measures(actual, joined(forecasts))


def joined(forecasts: list[Forecast]) -> Forecast:
    """Return the forecasts one after the other as one."""
    names = ("mean", "p10", "p50", "p90")
    parts = {name: [getattr(forecast, name) for forecast in forecasts] for name in names}
    return Forecast(**{name: np.concatenate(arrays, axis=1) for name, arrays in parts.items()})


def measures(actual: Units, forecast: Forecast) -> dict[str, float]:
    """Return all measures of a forecast by name."""
    quantiles = dict(zip(QUANTILES, (forecast.p10, forecast.p50, forecast.p90), strict=True))
    losses = {
        f"pinball_{round(100 * quantile)}": pinball(actual, units, quantile)
        for quantile, units in quantiles.items()
    }
    return {
        "wape": wape(actual, forecast.p50),
        "wape_of_mean": wape(actual, forecast.mean),
        "bias": bias(actual, forecast.mean),
        "coverage": interval_coverage(actual, forecast.p10, forecast.p90),
        **losses,
    }
