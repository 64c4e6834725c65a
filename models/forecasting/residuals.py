"""How far outcomes were from forecasts like these: a distribution around any forecast.

Ratios of outcome and forecast, made as if on past days, are kept by how large the forecast was, how
unsteady its series and how far ahead. Their quantiles times a forecast are its quantiles, which hold
as often as they say for outcomes exchangeable with those (split-conformal prediction).
Source: Romano, Patterson, Candès, "Conformalized quantile regression" (NeurIPS 2019), with groups
instead of a model of the quantiles.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from models.forecasting.contract import LEVELS, SHARES, Forecast, Loss
from models.forecasting.panel import Values

Bins = NDArray[np.int64]

N_SIZES, N_SPREADS, N_AHEAD = 10, 3, 3
MIN_IN_BIN = 300
TINY = 1e-6
MIN_GAIN = 0.03
MAX_TOLD = 5_000
"""Series whose outcomes say what share intervals have to be asked for."""
MIN_SHARE_TO_ASK, N_HALVINGS = 0.5, 10
FLOOR_SHARE = 0.05
"""Forecasts below this share of the mean outcome count as that: nothing is a multiple of 0."""


@dataclass(frozen=True)
class Binning:
    """Edges that part forecasts by size, spread and distance; shapes (n - 1,), ascending."""

    sizes: NDArray[np.float64]
    spreads: NDArray[np.float64]
    aheads: NDArray[np.float64]

    def bins(self, located: Values, spread: Values) -> Bins:
        """Return the number of each forecast's bin, of the shape of `located`: (n_series, horizon)."""
        ahead = np.digitize(np.arange(1, located.shape[1] + 1), self.aheads)
        by_spread = np.digitize(spread, self.spreads)[:, None]
        size = np.digitize(located, self.sizes)
        n_spreads, n_aheads = len(self.spreads) + 1, len(self.aheads) + 1
        return np.asarray((size * n_spreads + by_spread) * n_aheads + ahead)

    @property
    def n_bins(self) -> int:
        """Return how many there are."""
        return (len(self.sizes) + 1) * (len(self.spreads) + 1) * (len(self.aheads) + 1)


def binning(located: Values, spread: Values, n_outcomes: int) -> Binning:
    """Part forecasts evenly, into fewer bins where there are few outcomes to fill them."""
    n_bins = max(1, n_outcomes // MIN_IN_BIN)
    n_aheads = min(N_AHEAD, located.shape[1], max(1, n_bins // 12))
    n_sizes = min(N_SIZES, max(1, n_bins // n_aheads))
    n_spreads = min(N_SPREADS, max(1, n_bins // (n_aheads * n_sizes)))
    aheads = 1 + located.shape[1] * np.arange(1, n_aheads) / n_aheads
    return Binning(_edges(located, n_sizes), _edges(spread, n_spreads), aheads)


def _edges(values: Values, n: int) -> NDArray[np.float64]:
    return np.unique(np.quantile(values, np.arange(1, n) / n)) if n > 1 else np.zeros(0)


@dataclass(frozen=True)
class Residuals:
    """Of each bin: quantiles (n_bins, n_levels), means and points (n_bins,) of outcome / forecast.

    Forecasts below `floor` count as that.
    """

    binning: Binning
    quantiles: NDArray[np.float64]
    means: NDArray[np.float64]
    points: NDArray[np.float64]
    floor: float
    shares: Mapping[float, float] = field(default_factory=dict)

    def around(self, located: Values, spread: Values) -> Forecast:
        """Return the distribution around forecasts of shape (n_series, horizon)."""
        bins = self.binning.bins(located, spread)
        size = np.maximum(located, self.floor)
        quantiles = np.stack([size * of_level[bins] for of_level in self.quantiles.T])
        point, mean = size * self.points[bins], size * self.means[bins]
        return Forecast(
            point.astype(np.float32),
            mean.astype(np.float32),
            quantiles.astype(np.float32),
            shares=self.shares,
        )


@dataclass(frozen=True)
class Outcomes:
    """What came of forecasts made as if on past days.

    Parameters
    ----------
    located, actual : arrays of shape (n, horizon)
    told : array of the same shape
        Only outcomes that were fully seen tell how far off a forecast was.
    spread, origin : arrays of shape (n,)
        How unsteady the series was; the time at which it was foreseen, a number.
    """

    located: Values
    actual: Values
    told: NDArray[np.bool_]
    spread: Values
    origin: NDArray[np.int64]

    def of(self, rows: NDArray[np.bool_] | slice) -> "Outcomes":
        """Return some of the rows."""
        return Outcomes(
            self.located[rows],
            self.actual[rows],
            self.told[rows],
            self.spread[rows],
            self.origin[rows],
        )

    def held(self, forecast: Forecast, share: float) -> int:
        """Return how many fall into the intervals that are asked for `share`."""
        low, high = forecast.interval(share)
        return int(((self.actual >= low) & (self.actual <= high))[self.told].sum())


def residuals_of(
    located: Values,
    actual: Values,
    seen: Values,
    spread: Values,
    loss: Loss,
    origin: NDArray[np.int64] | None = None,
) -> Residuals:
    """Learn how outcomes lie around forecasts.

    Parameters
    ----------
    located, actual, seen : arrays of shape (n, horizon)
        Only outcomes that were fully seen tell how far off a forecast was.
    spread : array of shape (n,)
    loss
        What `point` is to make small.
    origin : array of shape (n,)
        The time at which each was foreseen, a number; None: all at the same.
    """
    told = seen >= (1 if (seen >= 1).any() else TINY)
    times = np.zeros(len(located), np.int64) if origin is None else origin
    found = Outcomes(located, actual, told, spread, times)
    learned = _learned(found, loss)
    return replace(learned, shares=shares_to_ask(found, learned, loss))


def _learned(found: Outcomes, loss: Loss) -> Residuals:
    located, told = found.located, found.told
    parts = binning(located, found.spread, int(told.sum()))
    bins = parts.bins(located, found.spread)[told]
    outcomes = found.actual[told]
    floor = max(TINY, FLOOR_SHARE * float(outcomes.mean())) if len(outcomes) else TINY
    size = np.maximum(located[told], floor).astype(np.float64)
    ratio = outcomes / size
    order = np.argsort(bins, kind="stable")
    bounds = np.searchsorted(bins[order], np.arange(parts.n_bins + 1))
    rows = [
        _of_bin(ratio[part], size[part], loss)
        if len(part := order[first:last])
        else _of_bin(ratio, size, loss)
        for first, last in pairwise(bounds)
    ]
    quantiles, means, points = (np.array(column) for column in zip(*rows, strict=True))
    if loss == "relative":
        # A factor for each bin follows chance, for few outcomes weigh most.
        points = np.full(parts.n_bins, _worth_it(_of_bin(ratio, size, loss)[2], ratio))
    return Residuals(parts, quantiles, means, points, floor)


def shares_to_ask(found: Outcomes, learned: Residuals, loss: Loss) -> dict[float, float]:
    """Return what to ask the quantiles for, so that intervals held each of `SHARES`, all together.

    Outcomes of the same time are alike: each time's are held against what the other times' tell, so that
    intervals are widened by as much as one time differs from another. One time alone does not say how
    much that is, and what is asked of it is at most the share itself.
    """
    times = np.unique(found.origin[found.told.any(axis=1)])
    every = max(1, len(found.located) // MAX_TOLD)
    judged = []
    for time in times:
        of_time = found.origin == time
        others = learned if len(times) == 1 else _learned(found.of(~of_time), loss)
        some = found.of(of_time).of(slice(None, None, every))
        judged.append((some, others.around(some.located, some.spread)))
    return {
        share: share_to_ask(judged, share, share if len(times) == 1 else (1 + share) / 2)
        for share in SHARES
    }


def share_to_ask(
    judged: Sequence[tuple[Outcomes, Forecast]], share: float, at_most: float
) -> float:
    """Return the share, at most `at_most`, for which the intervals hold `share` of the outcomes."""
    low, high = MIN_SHARE_TO_ASK * share, at_most
    n_told = sum(int(each.told.sum()) for each, _ in judged)
    if not n_told:
        return share
    for _ in range(N_HALVINGS):
        middle = (low + high) / 2
        if sum(each.held(forecast, middle) for each, forecast in judged) > share * n_told:
            high = middle
        else:
            low = middle
    return high


def _of_bin(
    ratio: NDArray[np.float64], size: NDArray[np.float64], loss: Loss
) -> tuple[NDArray[np.float64], float, float]:
    """Return the quantiles of the ratios, their mean, and the factor that makes the loss least."""
    if not len(ratio):
        return np.ones(len(LEVELS)), 1.0, 1.0
    quantiles = np.quantile(ratio, LEVELS)
    mean = float((ratio * size).sum() / size.sum())
    if loss == "squared":
        return quantiles, mean, mean
    weights = size if loss == "absolute" else 1 / np.maximum(ratio, TINY)
    told = ratio > 0 if loss == "relative" else np.ones(len(ratio), bool)
    point = weighted_median(ratio[told], weights[told]) if told.any() else 0.0
    return quantiles, mean, point


def _worth_it(factor: float, ratio: NDArray[np.float64]) -> float:
    """Return a factor if it makes relative errors clearly less than none does, else 1."""
    sold = ratio[ratio > 0]
    if not len(sold):
        return factor
    without, with_it = (np.abs(1 - each / sold).mean() for each in (1.0, factor))
    return factor if with_it < (1 - MIN_GAIN) * without else 1.0


def weighted_median(values: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    """Return the value below which half of the weight lies."""
    order = np.argsort(values)
    total = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(total, total[-1] / 2)])
