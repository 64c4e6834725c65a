"""Rows of sales -> a panel of series over days, weeks, months or quarters."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from emporium.sales_files import SalesNames, SalesRows
from emporium.table_files import TableFileError
from models.forecasting.panel import (
    DAILY,
    MONTHLY,
    PRICE,
    QUARTERLY,
    WEEKLY,
    Panel,
    Rhythm,
    Values,
)

Frequency = Literal["auto", "D", "W", "M", "Q"]
Gaps = Literal["auto", "zero", "missing"]
DENSE_SHARE = 0.8
"""Series that have a row in so many of their periods, and never a zero, record only what they sell."""
MAX_PERIODS = 5_000
MAX_REPEATED_SHARE = 0.01
RHYTHMS = {each.name: each for each in (DAILY, WEEKLY, MONTHLY, QUARTERLY)}
MIN_DAYS_OF_MONTH, MIN_DAYS_OF_QUARTER, MIN_DAYS_OF_YEAR = 28, 85, 300
TINY = 1e-6
"""Weight of a price at which nothing was sold."""


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

    `last` is the day, or the number of the period, that the last column ends with; of months and quarters
    the last month since 1970.
    """

    panel: Panel
    keys: pd.DataFrame
    gaps: str
    last: int
    numbered: bool

    def label(self, ahead: int) -> str:
        """Return what a period ahead is called: the day it ends with, or its number."""
        rhythm = self.panel.rhythm
        at = self.last + _step(rhythm, numbered=self.numbered) * ahead
        if self.numbered:
            return str(at)
        return str(np.datetime64(at, "M" if rhythm.months else "D"))


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
    step = _step(rhythm, numbered=sales.numbered)
    of_months = bool(rhythm.months) and not sales.numbered
    at = _months(rows["day"]) if of_months else rows["day"].to_numpy()
    last = int(at[rows["value"].notna().to_numpy()].max())
    if of_months and _ends_early(rows):
        sales.findings.add(rows[at == last], "a month that has not ended", "left out")
        last -= 1
    # Weeks end on the last day of the file, so that none is cut, and quarters with its last month.
    period = -((last - at) // step).astype(np.int64)
    n_periods = 1 - int(period[rows["value"].notna()].min())
    if n_periods > MAX_PERIODS:
        raise TableFileError(
            f"{n_periods:,} periods are too many: say --freq W or M, or cut the file"
        )
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
        first=_date(last - step * n_periods + 1, "M" if of_months else "D"),
        rhythm=rhythm,
        known=_known(rows, grid, names, n_periods),
        codes=_codes(firsts, names),
    )
    _note_series(panel, series.tolist(), sales, gaps)
    keys = firsts[[f"key_{name}" for name in names.series]].reset_index(drop=True)
    return SalesPanel(panel, keys.set_axis(list(names.series), axis=1), gaps, last, sales.numbered)


def _step(rhythm: Rhythm, *, numbered: bool) -> int:
    """Return how far apart periods are in what dates are told in: their numbers, months or days."""
    return 1 if numbered else rhythm.months or rhythm.days


def _months(days: "pd.Series[float]") -> NDArray[np.float64]:
    moments = days.to_numpy().astype("datetime64[D]")
    return moments.astype("datetime64[M]").astype(np.int64).astype(np.float64)


def _ends_early(rows: pd.DataFrame) -> bool:
    """Return whether rows of days end before the last of a month: its sum would be too low."""
    days = np.unique(rows.loc[rows["value"].notna(), "day"])
    next_day = (days[-1:] + 1).astype("datetime64[D]")
    is_first = next_day == next_day.astype("datetime64[M]").astype("datetime64[D]")
    return not is_first.all() and not _of_months(days)


def _date(number: int, unit: Literal["D", "M"]) -> dt.date:
    return dt.date.fromisoformat(str(np.datetime64(number, unit).astype("datetime64[D]")))


def rhythm_of(rows: pd.DataFrame, frequency: Frequency, *, numbered: bool) -> Rhythm:
    """Return what a period is: weeks if dates are a week apart or more, else days.

    Months or quarters, if dates are as far apart and all early in their months, or all late.

    Raises
    ------
    TableFileError
        If dates are only numbers and nobody says of what, or years apart.
    """
    if frequency != "auto":
        return RHYTHMS[frequency]
    if numbered:
        raise TableFileError("dates are numbers of periods: say --freq D, W, M or Q")
    days = np.unique(rows["day"])
    apart = float(np.median(np.diff(days))) if len(days) > 1 else 0.0
    if apart < WEEKLY.days:
        return DAILY
    if apart < MIN_DAYS_OF_MONTH or not _of_months(days):
        return WEEKLY
    if apart >= MIN_DAYS_OF_YEAR:
        raise TableFileError("dates are years apart: days, weeks, months or quarters are foreseen")
    return MONTHLY if apart < MIN_DAYS_OF_QUARTER else QUARTERLY


def _of_months(days: NDArray[np.float64]) -> bool:
    """Return whether all dates are the same day of their months, or the last ones."""
    moments = days.astype("datetime64[D]")
    months = moments.astype("datetime64[M]")
    from_first = moments - months.astype("datetime64[D]")
    to_last = (months + 1).astype("datetime64[D]") - moments
    return any(len(np.unique(each)) == 1 for each in (from_first, to_last))


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
