"""Rows of sales -> a panel of series over days or weeks."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emporium.sales_files import SalesNames, SalesRows
from emporium.table_files import TableFileError
from models.forecasting.panel import DAILY, PRICE, WEEKLY, Panel, Rhythm, Values

Frequency = Literal["auto", "D", "W"]
Gaps = Literal["auto", "zero", "missing"]
DENSE_SHARE = 0.8
"""Series that have a row in so many of their periods, and never a zero, record only what they sell."""
MAX_PERIODS = 5_000
MAX_REPEATED_SHARE = 0.01
TINY = 1e-6
"""Weight of a price at which nothing was sold."""
EPOCH = dt.date(1970, 1, 1)


@dataclass(frozen=True)
class Reading:
    """How rows are read: what a period is, and what a period without a row says."""

    frequency: Frequency = "auto"
    gaps: Gaps = "auto"

    def __post_init__(self) -> None:
        """Refuse what is not known."""
        for name, kind in (("freq", Frequency), ("gaps", Gaps)):
            value = self.frequency if name == "freq" else self.gaps
            if value not in get_args(kind):
                raise ValueError(f"--{name} {value}: choose {', '.join(get_args(kind))}")


@dataclass(frozen=True)
class SalesPanel:
    """A panel, the parts of its series' names by column, and how gaps were read.

    `last` is the day, or the number of the period, that the last column ends with.
    """

    panel: Panel
    keys: pd.DataFrame
    gaps: str
    last: int
    numbered: bool

    def label(self, ahead: int) -> str:
        """Return what a period ahead is called: the day it ends with, or its number."""
        step = 1 if self.numbered else self.panel.rhythm.days
        at = self.last + step * ahead
        return str(at) if self.numbered else str(EPOCH + dt.timedelta(days=at))


def sales_panel(sales: SalesRows, names: SalesNames, reading: Reading, horizon: int) -> SalesPanel:
    """Sum up rows by series and period; rows after the last with a value are plans of the future.

    Several rows of one series and period are added up; their prices are weighed by their values.

    Raises
    ------
    TableFileError
        If it can't be told what a period is, or there are more than 5,000.
    """
    rows = sales.rows
    rhythm = rhythm_of(rows, reading.frequency, numbered=sales.numbered)
    last = int(rows.loc[rows["value"].notna(), "day"].max())
    step = 1 if sales.numbered else rhythm.days
    # Weeks end on the last day of the file, so that none is cut.
    period = -((last - rows["day"].to_numpy()) // step).astype(np.int64)
    n_periods = 1 - int(period[rows["value"].notna()].min())
    if n_periods > MAX_PERIODS:
        raise TableFileError(f"{n_periods:,} periods are too many: say --freq W or cut the file")
    inside = (period > -n_periods) & (period <= horizon)
    rows, column = rows[inside], period[inside] + n_periods - 1
    series, row = np.unique(rows["series"].to_numpy(str), return_inverse=True)
    grid = _Grid(row, column, (len(series), n_periods + horizon))
    _note_repeats(rows, sales)
    firsts = rows.iloc[np.unique(row, return_index=True)[1]]
    units, seen, gaps = _units(rows, grid, n_periods, reading.gaps)
    panel = Panel(
        units=units,
        seen=seen,
        first=EPOCH + dt.timedelta(days=last - step * n_periods + 1),
        rhythm=rhythm,
        known=_known(rows, grid, names, n_periods),
        codes=_codes(firsts, names),
    )
    _note_series(panel, series.tolist(), sales, gaps)
    keys = firsts[[f"key_{name}" for name in names.series]].reset_index(drop=True)
    return SalesPanel(panel, keys.set_axis(list(names.series), axis=1), gaps, last, sales.numbered)


def rhythm_of(rows: pd.DataFrame, frequency: Frequency, *, numbered: bool) -> Rhythm:
    """Return what a period is: weeks if dates are a week apart or more, else days.

    Raises
    ------
    TableFileError
        If dates are only numbers and nobody says of what.
    """
    if frequency != "auto":
        return DAILY if frequency == "D" else WEEKLY
    if numbered:
        raise TableFileError("dates are numbers of periods: say --freq D or --freq W")
    days = np.unique(rows["day"])
    return WEEKLY if len(days) > 1 and np.median(np.diff(days)) >= WEEKLY.days else DAILY


@dataclass(frozen=True)
class _Grid:
    """Where each row of a file belongs."""

    row: NDArray[np.int64]
    column: NDArray[np.int64]
    shape: tuple[int, int]

    def sums(self, values: NDArray[np.floating]) -> NDArray[np.float64]:
        found = np.zeros(self.shape)
        np.add.at(found, (self.row, self.column), np.nan_to_num(values))
        return found

    def means(
        self, values: NDArray[np.floating], weights: NDArray[np.floating]
    ) -> NDArray[np.float64]:
        """Return weighed means; nan where there is none."""
        weights = np.where(np.isfinite(values), weights, 0)
        total = self.sums(weights)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(total > 0, self.sums(values * weights) / total, np.nan)


def _units(
    rows: pd.DataFrame, grid: _Grid, n_periods: int, gaps: Gaps
) -> tuple[Values, Values, str]:
    """Return units, which share of each period was seen, and how gaps were read."""
    value = rows["value"].to_numpy()
    there = grid.sums(np.isfinite(value))[:, :n_periods] > 0
    null = (grid.sums(np.isnan(value))[:, :n_periods] > 0) & ~there
    begun = np.maximum.accumulate(there, axis=1)
    if gaps == "auto":
        lasting = np.maximum.accumulate(there[:, ::-1], axis=1)[:, ::-1]
        dense = there.sum() > DENSE_SHARE * (begun & lasting).sum()
        gaps = "missing" if dense or (value == 0).any() else "zero"
    seen = there if gaps == "missing" else begun & ~null
    hidden = grid.means(rows["hidden"].to_numpy(), np.ones(len(rows)))[:, :n_periods]
    share = seen * (1 - np.nan_to_num(hidden))
    units = grid.sums(value)[:, :n_periods]
    return units.astype(np.float32), share.astype(np.float32), gaps


def _known(rows: pd.DataFrame, grid: _Grid, names: SalesNames, n_periods: int) -> dict[str, Values]:
    """Return covariates; a price not told is the last one, anything else is as usual for the series."""
    one = np.ones(len(rows))
    found: dict[str, Values] = {}
    if names.price:
        value = np.nan_to_num(rows["value"].to_numpy())
        sold = np.where(value > 0, value, TINY)
        prices = pd.DataFrame(grid.means(rows["price"].to_numpy(), sold))
        found[PRICE] = prices.ffill(axis=1).bfill(axis=1).to_numpy(np.float32)
    for name in names.known:
        values = grid.means(rows[f"known_{name}"].to_numpy(), one)
        usual = pd.DataFrame(values[:, :n_periods]).median(axis=1).to_numpy()[:, None]
        found[name] = np.where(np.isfinite(values), values, usual).astype(np.float32)
    return found


def _codes(firsts: pd.DataFrame, names: SalesNames) -> dict[str, NDArray[np.int64]]:
    """Return codes of what series have in common: static columns, and parts of a name of several."""
    columns = {name: f"static_{name}" for name in names.static}
    if len(names.series) > 1:
        columns |= {name: f"key_{name}" for name in names.series}
    return {
        name: np.unique(firsts[column].fillna("").to_numpy(str), return_inverse=True)[1]
        for name, column in columns.items()
    }


def _note_repeats(rows: pd.DataFrame, sales: SalesRows) -> None:
    """Note rows that repeat another in all that is read; where many do, they are lines of orders."""
    again = rows.duplicated(keep="first")
    if again.mean() > MAX_REPEATED_SHARE:
        return
    sales.findings.add(rows[again], "the same as an earlier row", "added up")


def _note_series(panel: Panel, series: Sequence[str], sales: SalesRows, gaps: str) -> None:
    names = np.array(series)
    n_seen = (panel.seen > 0).sum(axis=1)
    begun = panel.n_periods - panel.starts()
    notes = {
        ("one period only", "foreseen like its kind"): n_seen == 1,
        ("never sold", "foreseen from its kind"): ~panel.units.any(axis=1),
        ("periods not seen: no row, or out of stock all along", f"rows read as {gaps}"): (
            n_seen > 1
        )
        & (n_seen < begun),
    }
    for (reason, done), flags in notes.items():
        sales.findings.of_series(names[flags].tolist(), reason, done)
