"""How sure a mean over users is: percentile bootstrap over users.

Source: Efron, Tibshirani, "An introduction to the bootstrap" (1993), chapter 13.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
N_RESAMPLES = 1_000
LEVEL = 0.95
N_AT_ONCE = 100


@dataclass(frozen=True)
class Interval:
    """A mean and where it lies in 95 of 100 resamples of the users."""

    mean: float
    low: float
    high: float


def interval(values: Values, seed: int = 0) -> Interval:
    """Return the mean of users' values and its interval; users at nan don't count.

    All three are nan if nobody counts.
    """
    counted = values[~np.isnan(values)]
    if not len(counted):
        return Interval(*[float("nan")] * 3)
    low, high = np.quantile(_resampled_means(counted, seed), [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Interval(float(counted.mean()), float(low), float(high))


def gain(values: Values, others: Values, seed: int = 0) -> Interval:
    """Return the mean of the users' differences `values - others`, the same users resampled for both.

    An interval above 0 says that the first is better for more than by the luck of the draw.
    """
    return interval(values - others, seed)


def _resampled_means(values: Values, seed: int) -> Values:
    rng = np.random.default_rng(seed)
    n = len(values)
    parts = [
        values[rng.integers(0, n, (N_AT_ONCE, n), dtype=np.int32)].mean(axis=1)
        for _ in range(N_RESAMPLES // N_AT_ONCE)
    ]
    return np.concatenate(parts)
