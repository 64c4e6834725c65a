"""What a series sold in past periods whose price and promotions were like those of the period to come."""

from collections.abc import Mapping

import numpy as np
from numba import njit
from numpy.typing import NDArray

from models.forecasting.panel import PRICE, Panel, Values

Columns = NDArray[np.int64]

RECENCY = 0.97
"""Weight of a period beside the next."""
PRICE_WIDTH = 0.08
"""Relative difference of prices at which a period weighs e times less."""
OTHER_FLAG = 1.5
"""Weight by e to this power less for a whole unit of difference of another covariate."""
MAX_PERIODS = 120
EVER = 5e-4
"""Weight of a period that is nothing like it."""


def mean_in_similar_periods(
    panel: Panel, ranges: Mapping[str, float], rows: tuple[Columns, Columns, Columns]
) -> Values:
    """Return the mean units of past periods up to an origin, weighed by likeness to a target; shape (n,).

    `rows` are series, origins and targets; `ranges` how far apart values of each covariate can be.

    A period's weight falls with its age and with the distance of its known covariates: this is a
    kernel regression (Nadaraya 1964, Watson 1964) with a kernel that falls exponentially. nan where
    no period was seen.
    """
    names = sorted(panel.known)
    known = np.stack([_scaled(name, panel.known[name], ranges[name]) for name in names], axis=-1)
    return np.asarray(_means(panel.units, panel.seen, known, *rows))


def _scaled(name: str, values: Values, spread: float) -> Values:
    if name == PRICE:
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(values > 0, np.log(values) / PRICE_WIDTH, np.nan).astype(np.float32)
    return (values * (OTHER_FLAG / spread if spread else 0)).astype(np.float32)


@njit(cache=True, nogil=True)
def _means(units, seen, known, series, origin, target):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
    n_covariates = known.shape[2]
    found = np.full(len(series), np.nan, np.float32)
    for row in range(len(series)):
        s, o, t = series[row], origin[row], target[row]
        total = weight = 0.0
        decay = 1.0
        for p in range(o, max(o - MAX_PERIODS, -1), -1):
            decay *= RECENCY
            if seen[s, p] <= 0:
                continue
            distance = 0.0
            for k in range(n_covariates):
                difference = abs(known[s, p, k] - known[s, t, k])
                if difference == difference:  # noqa: PLR0124 - not nan
                    distance += difference
            each = decay * seen[s, p] * (np.exp(-distance) + EVER)
            total += each * units[s, p]
            weight += each
        if weight > 0:
            found[row] = total / weight
    return found
