"""Many series of units over the same periods, and what else is known of them."""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from models.forecasting.groups import Groups
from models.forecasting.holidays import Holidays

Values = NDArray[np.floating]
Codes = NDArray[np.int64]
PRICE = "price"
"""Name of the known covariate that is a price: it is compared with itself and with other series'."""


@dataclass(frozen=True)
class Rhythm:
    """What a period is and how long its season lasts.

    Parameters
    ----------
    days
        Days of a period.
    season
        Periods of a season.
    n_season_lags
        So many seasons back are looked at.
    windows
        Lengths of the means, in periods, the shortest first.
    level_window
        Periods whose mean is the size of a series.
    months
        Calendar months of a period; 0: it is so many days, else `days` are about how many there are.
    """

    name: str
    days: int
    season: int
    n_season_lags: int
    windows: tuple[int, ...]
    level_window: int
    months: int = 0

    def dates(self, first: dt.date, columns: Codes) -> NDArray[np.datetime64]:
        """Return the first day of periods, where column 0 begins on, or in the month of, `first`."""
        begin = np.datetime64(first)
        if not self.months:
            return np.asarray(begin + columns * self.days)
        return np.asarray(
            (begin.astype("datetime64[M]") + columns * self.months).astype("datetime64[D]")
        )


DAILY = Rhythm("D", 1, 7, 4, (3, 7, 14, 28, 91), 28)
WEEKLY = Rhythm("W", 7, 52, 1, (2, 4, 8, 13, 26, 52), 13)
MONTHLY = Rhythm("M", 30, 12, 2, (2, 3, 6, 12, 24), 6, months=1)
QUARTERLY = Rhythm("Q", 91, 4, 2, (2, 3, 4, 8), 4, months=3)


@dataclass(frozen=True)
class Panel:
    """Series are rows, periods columns; the last column is the newest known period.

    Parameters
    ----------
    units : array of shape (n_series, n_periods)
        At least 0; 0 where nothing was seen.
    seen : array of the same shape
        Share of the period, 0 to 1, in which the product was on sale and sales were recorded: 0 in a
        gap, and before a series begins. What is hidden is weighed down, not learned as no demand.
    first
        First day of the first period.
    known : arrays of shape (n_series, n_periods + n_ahead)
        Known of the future, too: prices, promotions, holidays. nan where not known.
    past : arrays of shape (n_series, n_periods)
        Known of the past only: weather.
    codes : arrays of shape (n_series,)
        Of category, warehouse, brand, seller: numbers from 0.
    holidays
        Of all series, past and to come; none: they are not told.
    groups
        Of a part of a panel: what is known of the groups of all its series.
    """

    units: Values
    seen: Values
    first: dt.date
    rhythm: Rhythm
    known: Mapping[str, Values] = field(default_factory=dict)
    past: Mapping[str, Values] = field(default_factory=dict)
    codes: Mapping[str, Codes] = field(default_factory=dict)
    holidays: Holidays = field(default_factory=Holidays)
    groups: Groups | None = None

    @property
    def n_series(self) -> int:
        """Return the number of rows."""
        return int(self.units.shape[0])

    @property
    def n_periods(self) -> int:
        """Return the number of columns."""
        return int(self.units.shape[1])

    def until(self, n_periods: int) -> "Panel":
        """Return what was known at the end of the first `n_periods`; plans of the future stay known."""
        return replace(
            self,
            units=self.units[:, :n_periods],
            seen=self.seen[:, :n_periods],
            past={name: values[:, :n_periods] for name, values in self.past.items()},
            groups=None,
        )

    def rows(self, series: NDArray[np.int64] | slice, groups: Groups | None = None) -> "Panel":
        """Return some of the series, with the groups that they are a part of; None: they are a whole."""
        return replace(
            self,
            units=self.units[series],
            seen=self.seen[series],
            known={name: values[series] for name, values in self.known.items()},
            past={name: values[series] for name, values in self.past.items()},
            codes={name: values[series] for name, values in self.codes.items()},
            groups=groups,
        )

    def parts(self, groups: Groups, n_series: int) -> Iterator["Panel"]:
        """Yield the series in parts of so many."""
        for first in range(0, self.n_series, n_series):
            yield self.rows(slice(first, first + n_series), groups)

    def starts(self) -> NDArray[np.int64]:
        """Return each series' first seen column; `n_periods` if it never was."""
        return np.where(self.seen.any(axis=1), (self.seen > 0).argmax(axis=1), self.n_periods)

    def date_of(self, column: int) -> dt.date:
        """Return the first day of a period."""
        return dt.date.fromisoformat(str(self.rhythm.dates(self.first, np.array(column))))


def panel_of(units: NDArray[np.floating], first: dt.date, rhythm: Rhythm = DAILY) -> Panel:
    """Return a panel of units alone, every period seen from the first sale on."""
    sold = np.maximum.accumulate(units > 0, axis=1)
    return Panel(units.astype(np.float32), sold.astype(np.float32), first, rhythm)
