"""Forecasts made as if on past days, held against what then came."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from models.evaluation.forecasts import bias, interval_coverage, mape, pinball, wape
from models.forecasting.choosing import outcomes, past_origins
from models.forecasting.contract import SHARES, Forecast, Forecaster
from models.forecasting.panel import Panel, Values

PINBALL_LEVELS = (0.1, 0.5, 0.9)


def backtest(
    forecaster: Forecaster, panel: Panel, horizon: int, n_origins: int
) -> dict[str, float]:
    """Forecast the last `n_origins` times `horizon` periods, each from the periods before it.

    The model is fitted once, on the periods before the first of these, and forecasts each from all
    before it. No period is ever used to foresee itself.

    Returns
    -------
    dict
        As `measures`.
    """
    origins = past_origins(panel.n_periods, horizon, n_origins)
    fitted = forecaster.fit(panel.until(origins[0]), horizon)
    forecasts = [fitted.predict(panel.until(origin), horizon) for origin in origins]
    actual, seen = outcomes(panel, origins, horizon)
    return measures(actual, joined(forecasts), seen)


def joined(forecasts: Sequence[Forecast]) -> Forecast:
    """Return forecasts of one origin after the other as one, its series below each other."""
    return replace(
        forecasts[0],
        point=np.concatenate([each.point for each in forecasts]),
        mean=np.concatenate([each.mean for each in forecasts]),
        quantiles=np.concatenate([each.quantiles for each in forecasts], axis=1),
    )


def measures(actual: Values, forecast: Forecast, seen: Values) -> dict[str, float]:
    """Return all measures of a forecast by name.

    `wape` and `mape` are of the point forecast, `bias` of the mean and, as the coverages, where demand
    was fully seen: out of stock, sales say little of what was foreseen. `pinball_*` are in units.
    """
    told = seen > 0
    full = seen >= (1 if (seen >= 1).any() else 1e-6)
    losses = {
        f"pinball_{round(100 * level)}": pinball(
            actual[told], forecast.quantile(level)[told], level
        )
        for level in PINBALL_LEVELS
    }
    intervals = {share: forecast.interval(share) for share in SHARES}
    return {
        "wape": wape(actual[told], forecast.point[told]),
        "wape_in_stock": wape(actual[full], forecast.point[full]),
        "wape_of_mean": wape(actual[told], forecast.mean[told]),
        "mape": mape(actual[told], forecast.point[told]),
        "bias": bias(actual[full], forecast.mean[full]),
        **{
            f"coverage_{round(100 * share)}": interval_coverage(actual[full], low[full], high[full])
            for share, (low, high) in intervals.items()
        },
        **losses,
    }
