"""What is known of a series at the end of a period that helps to foresee a later one.

All units are divided by the series' own level, so that one model fits small and large series.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.forecasting.grouping import TOTAL, ratio, running
from models.forecasting.groups import Groups
from models.forecasting.holiday_effects import effects_of, near
from models.forecasting.holidays import NONE
from models.forecasting.panel import PRICE, Codes, Panel, Rhythm, Values
from models.forecasting.similar import mean_in_similar_periods

Columns = NDArray[np.int64]
Features = dict[str, NDArray[Any]]

N_LAST = 6
LEVEL_PRIOR = 3
"""So many periods of a series' whole past stand beside its level window."""


class History:
    """Running sums over a panel, to describe any period of any series at once."""

    def __init__(self, panel: Panel, groups: Groups) -> None:
        """Sum up a panel, or a part of the series that `groups` are of."""
        self.panel, self.groups, self.rhythm = panel, groups, panel.rhythm
        self.codes = {TOTAL: np.zeros(panel.n_series, np.int64), **panel.codes}
        self.units = np.where(panel.seen > 0, panel.units, np.nan)
        self.sums, self.seen = running(panel.units), running(panel.seen)
        self.squares = running(panel.units**2)
        self.there = running((panel.seen > 0).astype(np.float32))
        self.sold = running((panel.units > 0).astype(np.float32))
        periods = np.arange(panel.n_periods, dtype=np.float32)
        self.last_sale = np.maximum.accumulate(np.where(panel.units > 0, periods, -1), axis=1)
        self.starts = panel.starts()
        self.known = {name: running(np.nan_to_num(v)) for name, v in panel.known.items()}
        self.known_there = {
            name: running(np.isfinite(v).astype(np.float32)) for name, v in panel.known.items()
        }
        self.past = {name: running(np.nan_to_num(v)) for name, v in panel.past.items()}
        self.holidays = effects_of(panel, groups) if panel.holidays else None

    def levels(self, series: Columns, origin: Columns) -> Values:
        """Return the size of each series at the end of `origin`: units of a period, above 0."""
        recent, n_recent = self._window(series, origin, self.rhythm.level_window)
        ever, n_ever = self._window(series, origin, self.panel.n_periods)
        long = ever / np.maximum(n_ever, 1)
        level = (recent + LEVEL_PRIOR * long) / (n_recent + LEVEL_PRIOR)
        return np.maximum(level, self.groups.floor).astype(np.float32)

    def describe(self, series: Columns, origin: Columns, ahead: Columns) -> Features:
        """Return features by name, each of shape (n,), of n (series, origin, periods ahead).

        `origin` is the last known period: no column of units after it is looked at.
        """
        level = self.levels(series, origin)
        return {
            **self._units(series, origin, ahead, level),
            **self._groups(series, origin, ahead),
            **self._plans(series, origin, ahead),
            **self._similar(series, origin, ahead, level),
            **self._calendar(origin + ahead),
            **self._holidays(series, origin, origin + ahead),
            **{
                f"recent_{name}": self._mean_past(sums, series, origin)
                for name, sums in self.past.items()
            },
            **{f"code_{name}": self._code(name, series, origin) for name in self.panel.codes},
            "level": np.log(level),
            "age": origin - self.starts[series],
            "ahead": ahead,
        }

    def _units(self, series: Columns, origin: Columns, ahead: Columns, level: Values) -> Features:
        season = self.rhythm.season
        back = -(-ahead // season) * season
        seasons = [
            self._at(series, origin + ahead - back - season * n)
            for n in range(self.rhythm.n_season_lags)
        ]
        with np.errstate(all="ignore"):
            of_season = _nanmean(seasons)
        found: Features = {f"seasons_ago_{n + 1}": lag / level for n, lag in enumerate(seasons)}
        found["mean_of_season"] = of_season / level
        for n in range(N_LAST):
            found[f"last_{n}"] = self._at(series, origin - n) / level
        for n in self.rhythm.windows:
            total, there = self._window(series, origin, n)
            found[f"mean_{n}"] = ratio(total, there) / level
        n = self.rhythm.level_window
        total, there = self._window(series, origin, n)
        squares = self._between(self.squares, series, origin, n)
        variance = ratio(squares, there) - ratio(total, there) ** 2
        found["spread"] = np.sqrt(np.maximum(variance, 0)) / level
        found["share_sold"] = ratio(self._between(self.sold, series, origin, n), there)
        found["share_seen"] = ratio(self._between(self.seen, series, origin, n), there)
        found["last_seen"] = self._at(series, origin, self.panel.seen)
        last = self.last_sale[series, origin]
        found["since_sale"] = np.where(last >= 0, origin - last, np.nan)
        return found

    def _groups(self, series: Columns, origin: Columns, ahead: Columns) -> Features:
        """Describe how the series' groups move: their trend, and their season at the target."""
        found: Features = {}
        for name, code in self.codes.items():
            sums, group = self.groups.units[name], code[series]
            found[f"trend_{name}"] = ratio(
                _group_mean(sums, group, origin, self.rhythm.windows[1]),
                _group_mean(sums, group, origin, self.rhythm.level_window),
            )
            found[f"season_{name}"] = group_season(sums, group, origin, ahead, self.rhythm)
        return found

    def _plans(self, series: Columns, origin: Columns, ahead: Columns) -> Features:
        target = origin + ahead
        found: Features = {}
        for name, values in self.panel.known.items():
            at = _take(values, series, target)
            before = _take(values, series, target - 1)
            total = self._between(self.known[name], series, origin, self.rhythm.level_window)
            there = self._between(self.known_there[name], series, origin, self.rhythm.level_window)
            mean = ratio(total, there)
            if name != PRICE:
                found |= {name: at, f"{name}_before": before, f"{name}_mean": mean}
            else:
                found |= {
                    "price": at,
                    "price_to_mean": ratio(at, mean),
                    "price_to_last": ratio(at, _take(values, series, origin)),
                    "price_to_before": ratio(at, before),
                    "price_to_second_before": ratio(at, _take(values, series, target - 2)),
                }
            found |= self._plans_of_groups(name, series, target, at)
        return found

    def _plans_of_groups(self, name: str, series: Columns, target: Columns, at: Values) -> Features:
        """Describe what is planned for the series' groups: competing offers, and how wide one is."""
        found: Features = {}
        for code_name, code in self.panel.codes.items():
            group, plans = code[series], self.groups.plans[code_name, name]
            mean = _take(plans, group, target)
            if name != PRICE:
                found[f"{name}_{code_name}"] = mean
                continue
            found[f"price_to_{code_name}"] = ratio(at, mean)
            found[f"price_to_{code_name}_before"] = ratio(at, _take(plans, group, target - 1))
            cheapest = _take(self.groups.cheapest[code_name], group, target)
            found[f"price_to_cheapest_{code_name}"] = ratio(at, cheapest)
        return found

    def _similar(self, series: Columns, origin: Columns, ahead: Columns, level: Values) -> Features:
        if not self.panel.known:
            return {}
        found = mean_in_similar_periods(
            self.panel, self.groups.ranges, (series, origin, origin + ahead)
        )
        return {"similar": found / level}

    def _calendar(self, column: Columns) -> Features:
        dates = self.rhythm.dates(self.panel.first, column)
        of_year = (dates - dates.astype("datetime64[Y]")).astype(np.int64)
        of_month = (dates - dates.astype("datetime64[M]")).astype(np.int64)
        weekday = (dates.astype(np.int64) + 3) % 7
        found: Features = {"day_of_year": of_year, "day_of_month": of_month}
        return found if self.rhythm.days > 1 else {**found, "weekday": weekday}

    def _holidays(self, series: Columns, origin: Columns, target: Columns) -> Features:
        """Describe the holiday next to the target, and what series sold around the same before the origin."""
        if self.holidays is None:
            return {}
        name, distance = near(self.panel, target)
        none = name == NONE
        return {
            "holiday": name,
            "holiday_distance": np.where(none, np.nan, distance),
            "holiday_effect": self.holidays.ratios(series, origin, target),
        }

    def _code(self, name: str, series: Columns, origin: Columns) -> Values:
        """Return the groups' numbers; nan of one that sold nothing yet: it is foreseen as others are."""
        group = self.panel.codes[name][series]
        return np.where(self.groups.units[name][group, origin + 1] > 0, group, np.nan)

    def _at(self, series: Columns, column: Columns, values: Values | None = None) -> Values:
        return _take(self.units if values is None else values, series, column)

    def _between(
        self, sums: NDArray[np.float64], series: Columns, origin: Columns, n_periods: int
    ) -> NDArray[np.float64]:
        first = np.maximum(origin + 1 - n_periods, 0)
        return np.asarray(sums[series, origin + 1] - sums[series, first])

    def _window(
        self, series: Columns, origin: Columns, n_periods: int
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the units of the last periods and how many of these were seen."""
        return (
            self._between(self.sums, series, origin, n_periods),
            self._between(self.there, series, origin, n_periods),
        )

    def _mean_past(
        self, sums: NDArray[np.float64], series: Columns, origin: Columns
    ) -> NDArray[np.float64]:
        return self._between(sums, series, origin, self.rhythm.windows[1]) / self.rhythm.windows[1]


def group_season(
    sums: NDArray[np.float64], group: Codes, origin: Columns, ahead: Columns, rhythm: Rhythm
) -> NDArray[np.float64]:
    """Return what a group sells in the target's season over what it sells around it.

    Of days: that weekday of the last four weeks over all of their days. Of weeks: the three weeks
    around the same week a year ago over the weeks before the origin a year ago.
    """
    season = rhythm.season
    if rhythm.days == 1:
        back = -(-ahead // season) * season
        days = [origin + ahead - back - season * n for n in range(rhythm.n_season_lags)]
        of_day = np.mean([_group_mean(sums, group, day, 1) for day in days], axis=0)
        return ratio(of_day, _group_mean(sums, group, origin, season * rhythm.n_season_lags))
    year_ago = np.minimum(origin + ahead - season + 1, origin)
    around = _group_mean(sums, group, year_ago, 3)
    return ratio(around, _group_mean(sums, group, origin - season, 8))


def _group_mean(
    sums: NDArray[np.float64], group: Codes, last: Columns, n_periods: int
) -> NDArray[np.float64]:
    """Return the mean of `n_periods` up to `last`; nan before there are any."""
    first = np.maximum(last + 1 - n_periods, 0)
    n = last + 1 - first
    found = sums[group, np.maximum(last + 1, 0)] - sums[group, first]
    return np.where(n > 0, found / np.maximum(n, 1), np.nan)


def _take(values: Values, series: Columns, column: Columns) -> Values:
    """Return values of columns; nan outside."""
    inside = (column >= 0) & (column < values.shape[1])
    return np.where(inside, values[series, np.where(inside, column, 0)], np.nan)


def _nanmean(values: list[Values]) -> Values:
    stacked = np.stack(values)
    there = np.isfinite(stacked)
    return np.asarray(ratio(np.where(there, stacked, 0).sum(axis=0), there.sum(axis=0)))
