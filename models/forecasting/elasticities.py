"""The logarithm of units by regression on price, plans and season, for series that sell in nearly every period.

A price of ten percent less multiplies demand, whatever its size, so that effects add up in logarithms: the SCAN*PRO
model of Wittink, Addona, Hawkes and Porter (1988), in Leeflang et al., "Building models for marketing decisions"
(2000). Effects are those of all series, of each code (brand, store) and of the series itself, each drawn to zero by
a ridge, so that a series differs from its like as far as its own past says so: partial pooling, as in Gelman,
Hill, "Data analysis using regression and multilevel models" (2007). What the effects leave of the newest periods is
smoothed exponentially and added. What units then make the asked loss least follows from the spread of the
errors, as if these were normal: of a lognormal, the mean is exp(m + v/2), the median exp(m), and what makes relative errors
least exp(m - v).
"""

from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import lsqr

from models.forecasting.contract import Loss
from models.forecasting.grouping import TOTAL, groups_of
from models.forecasting.panel import PRICE, Codes, Panel, Rhythm, Values

Floats = NDArray[np.float64]

MAX_ITERATIONS = 25
VARIANCES: dict[Loss, float] = {"squared": 0.5, "absolute": 0.0, "relative": -1.0}
"""So many variances of the logarithms the best forecast lies above their mean."""
MAX_EXAMPLES = 300_000
MIN_SCALE = 1e-3
"""What varied less in the past has no effect that could be learned."""
MAX_TO_MOST = 4.0
"""Of the most that a series ever sold: a price far below all past ones is foreseen with care."""
PRIOR_PERIODS = 1.0
"""So many periods without an error stand beside the newest of a series."""


@dataclass
class Elasticities:
    """Foresee units from the effects of what is known ahead; periods without a sale are not learned from.

    Parameters
    ----------
    ridge, own_ridge
        By how much effects are drawn to zero, in examples: those of codes, and what a series differs by.
    half_life, residual_half_life
        Periods after which an example weighs half; and what the effects left of it.
    seed
        Of the examples that are learned from, where there are more than 300,000.
    """

    loss: Loss = "absolute"
    ridge: float = 30.0
    own_ridge: float = 150.0
    half_life: float = 52.0
    residual_half_life: float = 4.0
    seed: int = 0
    scales_: Floats = field(default_factory=lambda: np.zeros(0), init=False)
    effects_: dict[str, Floats] = field(default_factory=dict, init=False)

    def fit(self, panel: Panel, horizon: int) -> Self:  # noqa: ARG002
        """Learn the effects that series have in common, by code: arrays of shape (n_groups, n_covariates)."""
        known = covariates(panel, panel.n_periods)
        self.scales_ = np.maximum(known.std(axis=(0, 1)), MIN_SCALE)
        logs, weight = _logs(panel), self._weight(panel)
        known, logs = (_centred(values, weight) for values in (known / self.scales_, logs))
        rows, columns = _drawn(np.asarray(weight > 0), self.seed)
        self.effects_ = common_effects(
            known[rows, columns],
            logs[rows, columns],
            weight[rows, columns],
            {name: code[rows] for name, code in _codes(panel).items()},
            self.ridge,
        )
        return self

    def locate(self, panel: Panel, horizon: int) -> Values:
        """Return units; 0 for a series that never sold."""
        now = panel.n_periods
        known = covariates(panel, now + horizon) / self.scales_
        logs, weight = _logs(panel), self._weight(panel)
        common = np.einsum("stk,sk->st", known, self._shared(panel))
        own = own_effects(known[:, :now], logs - common[:, :now], weight, self.own_ridge)
        fitted = common + np.einsum("stk,sk->st", known, own)
        level = _mean(logs - fitted[:, :now], weight)[:, None]
        told = np.asarray(weight > 0)
        error = np.where(told, logs - fitted[:, :now] - level, 0)
        above = VARIANCES[self.loss] * _mean(error**2, weight)[:, None]
        units = np.exp(fitted[:, now:] + level + self._newest(error, told) + above)
        most = panel.units.max(axis=1, keepdims=True)
        return np.asarray(np.minimum(units, MAX_TO_MOST * most), np.float32)

    def _shared(self, panel: Panel) -> Floats:
        """Return the effects that each series has for its codes; none for a code that is new."""
        found = np.zeros((panel.n_series, len(self.scales_)))
        for name, code in _codes(panel).items():
            effects = self.effects_[name]
            there = code < len(effects)
            found[there] += effects[code[there]]
        return found

    def _newest(self, error: Floats, told: NDArray[np.bool_]) -> Floats:
        """Return the mean error of the newest periods, drawn to 0, shape (n_series, 1)."""
        fading = told * 0.5 ** (np.arange(error.shape[1])[::-1] / self.residual_half_life)
        n = fading.sum(axis=1, keepdims=True)
        return np.asarray((error * fading).sum(axis=1, keepdims=True) / (n + PRIOR_PERIODS))

    def _weight(self, panel: Panel) -> Floats:
        fading = 0.5 ** (np.arange(panel.n_periods)[::-1] / self.half_life)
        return np.asarray(fading * panel.seen * (panel.units > 0), np.float64)


def covariates(panel: Panel, n_columns: int) -> Floats:
    """Return what is known ahead and moves demand, shape (n_series, n_columns, n_covariates).

    Prices as logarithms, beside the series' own past, the group's mean and its cheapest; all else as it is and times the
    price; both also of the period before; and the season. 0 where not known: as usual.
    """
    found = _of_prices(panel, n_columns) if PRICE in panel.known else []
    price = found[:1]
    for name in sorted(set(panel.known) - {PRICE}):
        values = np.nan_to_num(_wide(panel.known[name], n_columns))
        found += [values, _before(values, 1), *(values * each for each in price)]
    season = season_of(np.arange(n_columns), panel.rhythm)
    found += [np.broadcast_to(each, (panel.n_series, n_columns)) for each in season]
    return np.stack(found, axis=-1)


def _of_prices(panel: Panel, n_columns: int) -> list[Floats]:
    price = _log(panel.known[PRICE], n_columns)
    own = _beside_past(price, panel)
    groups = groups_of(panel)
    beside = [
        _beside_past(price - _log(others, n_columns)[code], panel)
        for name, code in panel.codes.items()
        for others in (groups.plans[name, PRICE], groups.cheapest[name])
    ]
    return [own, _before(own, 1), _before(own, 2), *beside]


def _wide(values: NDArray[np.floating], n_columns: int) -> Floats:
    """Return so many columns, nan where there are none."""
    found = np.full((len(values), n_columns), np.nan)
    found[:, : values.shape[1]] = values[:, :n_columns]
    return found


def _log(price: NDArray[np.floating], n_columns: int) -> Floats:
    wide = _wide(price, n_columns)
    return np.asarray(np.log(np.where(wide > 0, wide, np.nan)))


def _drawn(told: NDArray[np.bool_], seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    rows, columns = np.nonzero(told)
    if len(rows) <= MAX_EXAMPLES:
        return rows, columns
    some = np.random.default_rng(seed).choice(len(rows), MAX_EXAMPLES, replace=False)
    return rows[some], columns[some]


def _beside_past(values: Floats, panel: Panel) -> Floats:
    past = values[:, : panel.n_periods]
    there = np.isfinite(past)
    mean = np.where(there, past, 0).sum(axis=1) / np.maximum(there.sum(axis=1), 1)
    return np.asarray(np.nan_to_num(values - mean[:, None]))


def _before(values: Floats, n: int) -> Floats:
    found = np.zeros_like(values)
    found[:, n:] = values[:, :-n]
    return found


def season_of(columns: NDArray[np.int64], rhythm: Rhythm) -> list[Floats]:
    """Return the weekday as six flags, or the time of the year as a sine and a cosine."""
    if rhythm.days == 1:
        return [(columns % rhythm.season == day).astype(np.float64) for day in range(1, 7)]
    angle = 2 * np.pi * columns / rhythm.season
    return [np.sin(angle), np.cos(angle)]


def common_effects(
    known: Floats, logs: Floats, weight: Floats, codes: dict[str, Codes], ridge: float
) -> dict[str, Floats]:
    """Return effects by code's name, shape (n_groups, n_covariates), that add up for an example.

    Parameters
    ----------
    known : array of shape (n, n_covariates)
    logs, weight : arrays of shape (n,)
    codes : arrays of shape (n,)
        The group of each example.
    """
    n, n_known = known.shape
    if not n:
        return {name: np.zeros((0, n_known)) for name in codes}
    sizes = {name: int(code.max()) + 1 for name, code in codes.items()}
    row, column = np.repeat(np.arange(n), n_known), np.tile(np.arange(n_known), n)
    blocks = [
        sparse.csr_matrix(
            (known.ravel(), (row, np.repeat(code, n_known) * n_known + column)),
            (n, sizes[name] * n_known),
        )
        for name, code in codes.items()
    ]
    root = np.sqrt(weight)
    design = sparse.diags(root) @ sparse.hstack(blocks).tocsr()
    found = lsqr(design, root * logs, damp=np.sqrt(ridge), iter_lim=MAX_ITERATIONS)[0]
    bounds = np.cumsum([size * n_known for size in sizes.values()])[:-1]
    parts = np.split(found, bounds)
    return {name: part.reshape(-1, n_known) for name, part in zip(codes, parts, strict=True)}


def own_effects(known: Floats, logs: Floats, weight: Floats, ridge: float) -> Floats:
    """Return the effects of each series alone, shape (n_series, n_covariates), by a ridge regression each."""
    known, logs = _centred(known, weight), _centred(logs, weight)
    weighed = known * weight[..., None]
    square = np.einsum("stk,stl->skl", weighed, known) + ridge * np.eye(known.shape[2])
    return np.asarray(
        np.linalg.solve(square, np.einsum("stk,st->sk", weighed, logs)[..., None])[..., 0]
    )


def _codes(panel: Panel) -> dict[str, Codes]:
    return {TOTAL: np.zeros(panel.n_series, np.int64), **panel.codes}


def _logs(panel: Panel) -> Floats:
    return np.log(np.where(panel.units > 0, panel.units, 1)).astype(np.float64)


def _mean(values: Floats, weight: Floats) -> Floats:
    """Return the weighed mean over periods."""
    whole = np.maximum(weight.sum(axis=1), 1e-9)
    return np.asarray(
        np.einsum("st...,st->s...", values, weight) / whole.reshape(-1, *[1] * (values.ndim - 2))
    )


def _centred(values: Floats, weight: Floats) -> Floats:
    return values - np.expand_dims(_mean(values, weight), 1)
