"""What was sold of each product on the last days, as an array."""

import datetime as dt
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from features.schemas.lake import DailyDemand
from jobs.partitions import Partitions
from jobs.reading import day_number, days_since_1970
from models.ids import rows_of

Units = NDArray[np.float64]
Ids = NDArray[np.int64]


@dataclass(frozen=True)
class UnitsSold:
    """Units of shape (n_products, n_days), the last column being `last_day`, as known by its end."""

    product_ids: Ids
    units: Units
    last_day: dt.date

    def of(self, product_ids: Ids, days_ago: int) -> Units:
        """Return the units of products on a day, 0 for a product that sold on none of the days."""
        return self.sum_of(product_ids, days_ago, 1)

    def sum_of(self, product_ids: Ids, days_ago: int, n_days: int) -> Units:
        """Return the units of `n_days` days, the last of them `days_ago` days ago."""
        rows = rows_of(self.product_ids, product_ids)
        end = self.units.shape[1] - days_ago
        sums = np.append(self.units[:, max(0, end - n_days) : end].sum(axis=1), 0.0)
        return np.asarray(sums[rows])


def units_sold(lake: Partitions, day: dt.date, n_days: int) -> UnitsSold:
    """Return what was sold on the `n_days` days up to `day`."""
    first = day - dt.timedelta(days=n_days - 1)
    known = lake.read(DailyDemand, first, day, ["product_id", "demand_date", "n_units_sold"])
    columns = days_since_1970(known["demand_date"]) - day_number(first)
    within = columns >= 0
    products = known["product_id"].to_numpy()[within]
    product_ids = np.unique(products).astype(np.int64)
    units = np.zeros((len(product_ids), n_days))
    places = (rows_of(product_ids, products), columns[within])
    np.add.at(units, places, known["n_units_sold"].to_numpy()[within])
    return UnitsSold(product_ids, units, day)
