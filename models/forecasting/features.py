"""What is known of a series on a day that helps to foresee another day up to a week later."""

import numpy as np
from numpy.typing import NDArray

from models.forecasting.contract import Units

Days = NDArray[np.int64]

WEEK = 7
N_LAGS = 4
WINDOWS = (7, 14, 28, 91)
MIN_HISTORY_DAYS = 28
NAMES = (
    *(f"weeks_ago_{n}" for n in range(1, N_LAGS + 1)),
    "mean_of_weekday",
    *(f"mean_{n}_days" for n in WINDOWS),
    "last_day",
    "days_since_sale",
    "share_of_days_sold",
    "shop_trend",
    "shop_weekday",
    "weekday",
    "days_ahead",
)


class History:
    """Running sums over a matrix of demand, to describe any day of any series at once."""

    def __init__(self, demand: Units, first_weekday: int) -> None:
        """Sum up a matrix of shape (n_series, n_days), its first column on `first_weekday`."""
        self.n_days = demand.shape[1]
        self.demand = demand.astype(np.float32)
        self.first_weekday = first_weekday
        self.sums = _running(self.demand)
        self.sold_days = _running((self.demand > 0).astype(np.float32))
        self.total = _running(self.demand.mean(axis=0, keepdims=True))[0]
        columns = np.where(self.demand > 0, np.arange(self.n_days, dtype=np.float32), -1)
        self.last_sale = np.maximum.accumulate(columns, axis=1)

    def describe(self, series: Days, origin: Days, ahead: Days) -> NDArray[np.float32]:
        """Return `NAMES` of n (series, origin, days ahead), shape (n, len(NAMES)).

        `origin` is the last known day: no column after it is looked at. `ahead` is from 1 to 7.
        """
        lags = [self._day(series, origin + ahead - WEEK * n) for n in range(1, 9)]
        means = [self._mean(self.sums, series, origin, n) for n in WINDOWS]
        last = self.last_sale[series, origin]
        columns = [
            *lags[:N_LAGS],
            np.mean(lags, axis=0),
            *means,
            self.demand[series, origin],
            np.where(last >= 0, origin - last, self.n_days),
            self._mean(self.sold_days, series, origin, 28),
            self._trend(origin),
            self._shop_weekday(origin, ahead),
            (self.first_weekday + origin + ahead) % WEEK,
            ahead,
        ]
        return np.stack(columns, axis=1).astype(np.float32)

    def _day(self, series: Days, day: Days) -> Units:
        return np.where(day >= 0, self.demand[series, np.maximum(day, 0)], 0)

    def _mean(self, sums: NDArray[np.float64], series: Days, origin: Days, n_days: int) -> Units:
        first = np.maximum(origin + 1 - n_days, 0)
        total = sums[series, origin + 1] - sums[series, first]
        return np.asarray(total / (origin + 1 - first), np.float64)

    def _shop_mean(self, origin: Days, n_days: int) -> Units:
        first = np.maximum(origin + 1 - n_days, 0)
        return np.asarray((self.total[origin + 1] - self.total[first]) / (origin + 1 - first))

    def _trend(self, origin: Days) -> Units:
        """Return the whole shop's last week over its last four weeks."""
        return (self._shop_mean(origin, 7) + 1e-9) / (self._shop_mean(origin, 28) + 1e-9)

    def _shop_weekday(self, origin: Days, ahead: Days) -> Units:
        """Return the whole shop's mean of that weekday in four weeks over its mean of all days."""
        days = [np.maximum(origin + ahead - WEEK * n, 0) for n in range(1, N_LAGS + 1)]
        of_weekday = np.mean([self.total[day + 1] - self.total[day] for day in days], axis=0)
        return np.asarray((of_weekday + 1e-9) / (self._shop_mean(origin, 28) + 1e-9))


def _running(values: NDArray[np.float32]) -> NDArray[np.float64]:
    sums = np.cumsum(values, axis=1, dtype=np.float64)
    return np.pad(sums, ((0, 0), (1, 0)))
