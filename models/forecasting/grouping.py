"""Sums over series of one category, warehouse or brand, and over all."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.forecasting.groups import Groups
from models.forecasting.newcomers import first_ratios, first_units, kind_of
from models.forecasting.panel import PRICE, Codes, Panel, Values

TOTAL = "total"
FLOOR_SHARE = 0.01


def groups_of(panel: Panel) -> Groups:
    """Return the groups that a part of a panel came with, else sum up its series."""
    if panel.groups is not None:
        return panel.groups
    codes = {TOTAL: np.zeros(panel.n_series, np.int64), **panel.codes}
    price = panel.known.get(PRICE)
    sold = panel.units[panel.units > 0]
    return Groups(
        units={name: running(summed(panel.units, code)) for name, code in codes.items()},
        plans={
            (name, covariate): _mean_of(values, code)
            for name, code in panel.codes.items()
            for covariate, values in panel.known.items()
        },
        cheapest={}
        if price is None
        else {name: _least_of(price, code) for name, code in panel.codes.items()},
        ranges={name: _range(values) for name, values in panel.known.items()},
        floor=FLOOR_SHARE * float(sold.mean()) if len(sold) else 1.0,
        kind=kind_of(panel),
        first_units=first_units(panel),
        first_ratios=first_ratios(panel),
    )


def running(values: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the sums of all columns before each, shape (n_rows, n_columns + 1)."""
    return np.pad(np.cumsum(values, axis=1, dtype=np.float64), ((0, 0), (1, 0)))


def ratio(part: NDArray[np.floating], whole: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return part / whole; nan where the whole is 0."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(np.abs(whole) > 1e-9, part / whole, np.nan)


def summed(values: NDArray[Any], code: Codes) -> NDArray[np.float64]:
    """Return sums over the series of each code, shape (n_codes, n_columns)."""
    order = np.argsort(code, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(code[order]) > 0])
    found = np.zeros((int(code.max()) + 1, values.shape[1]))
    found[code[order][starts]] = np.add.reduceat(values[order], starts, axis=0, dtype=np.float64)
    return found


def _mean_of(values: Values, code: Codes) -> Values:
    there = np.isfinite(values)
    return ratio(summed(np.where(there, values, 0), code), summed(there, code))


def _least_of(values: Values, code: Codes) -> Values:
    found = np.full((int(code.max()) + 1, values.shape[1]), np.inf, np.float32)
    np.minimum.at(found, code, np.where(np.isfinite(values), values, np.inf))
    return np.where(np.isfinite(found), found, np.nan)


def _range(values: Values) -> float:
    there = values[np.isfinite(values)]
    return float(there.max() - there.min()) if len(there) else 0.0
