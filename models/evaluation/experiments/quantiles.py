"""A quantile of events whose units were drawn, such as the 95th percentile of latency."""

import math

import numpy as np

from models.evaluation.experiments.ratios import (
    LEVEL,
    NAN,
    Estimate,
    Values,
    normal_quantile,
    ratio,
)


def quantile(values: Values, units: np.ndarray, probability: float) -> Estimate:
    """Return a quantile over all events, with its error for units that bring several.

    Source: Deng, Knoblich, Lu, "Applying the delta method in metric analytics" (KDD 2018), section 4: the
    share of events below the quantile is a ratio of sums over units; its bounds, mapped through the
    quantiles, bound the quantile, and no density has to be estimated.

    Parameters
    ----------
    values : array of shape (n_events,)
    units : array of shape (n_events,)
        Whose event it is, whole numbers from 0 to n_units - 1.
    """
    n_units = len(np.unique(units))
    if n_units < 2:
        return Estimate(NAN, NAN, n_units)
    found = float(np.quantile(values, probability))
    _, codes = np.unique(units, return_inverse=True)
    below = np.bincount(codes, values <= found, n_units).astype(np.float64)
    share = ratio(below, np.bincount(codes, minlength=n_units).astype(np.float64))
    sureness = normal_quantile(0.5 + LEVEL / 2)
    half = sureness * share.standard_error
    # Few events tell nothing beyond the largest: a bound that leaves [0, 1] is the last event.
    low, high = np.quantile(values, np.clip([probability - half, probability + half], 0, 1))
    error = float(high - low) / (2 * sureness)
    return Estimate(found, error if math.isfinite(error) else NAN, n_units)
