"""How good forecasts of demand are, over all series and days together."""

import numpy as np
from numpy.typing import NDArray

Units = NDArray[np.floating]


def wape(actual: Units, forecast: Units) -> float:
    """Return the sum of absolute errors over the sum of actual units; 0 is perfect.

    nan if nothing was sold.
    """
    total = float(np.abs(actual).sum())
    return float(np.abs(actual - forecast).sum()) / total if total else float("nan")


def mape(actual: Units, forecast: Units) -> float:
    """Return the mean of absolute errors over actual units, where any were sold; nan if none."""
    sold = actual > 0
    return (
        float((np.abs(actual - forecast)[sold] / actual[sold]).mean())
        if sold.any()
        else float("nan")
    )


def bias(actual: Units, forecast: Units) -> float:
    """Return the sum of forecast - actual over the sum of actual units; above 0: too much."""
    total = float(np.abs(actual).sum())
    return float((forecast - actual).sum()) / total if total else float("nan")


def pinball(actual: Units, forecast: Units, quantile: float) -> float:
    """Return the mean quantile loss in units; at 0.5 it is half the mean absolute error.

    Source: Koenker, Bassett, "Regression quantiles" (Econometrica 1978).
    """
    error = actual - forecast
    return float(np.maximum(quantile * error, (quantile - 1) * error).mean())


def interval_coverage(actual: Units, low: Units, high: Units) -> float:
    """Return the share of actual values within [low, high]."""
    return float(((low <= actual) & (actual <= high)).mean())
