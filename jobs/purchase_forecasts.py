"""Forecasts as the plan of purchases reads them: of the whole shop, and of warehouses where there are any."""

import datetime as dt
import re
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.schemas.arrow import arrow_schema
from features.schemas.lake import DemandForecast
from jobs.partitions import Partitions
from jobs.purchase_position import WHOLE_SHOP, Position
from jobs.runner import JobError
from models.planning.lead_times import Floats, Ints
from models.planning.safety_stock import spread_of

QUANTILES = {
    name: int(n) / 100
    for name in arrow_schema(DemandForecast).names
    for n in re.findall(r"^p(\d\d)_units$", name)
}


@dataclass(frozen=True)
class Foreseen:
    """Demand of the next days, arrays of shape (n, horizon), of products in a warehouse or in all.

    Parameters
    ----------
    product_ids, warehouse_ids
        Of each row, a pair once; warehouse 0 is the whole shop.
    """

    product_ids: Ints
    warehouse_ids: Ints
    mean_units: Floats
    spread_units: Floats

    def whole(self) -> "Foreseen":
        """Return the rows of the whole shop."""
        rows = self.warehouse_ids == WHOLE_SHOP
        return Foreseen(
            self.product_ids[rows],
            self.warehouse_ids[rows],
            self.mean_units[rows],
            self.spread_units[rows],
        )

    def rows_of(self, product_ids: Ints, warehouse_ids: Ints) -> Ints:
        """Return the row of each pair, -1 for one that nobody foresaw."""
        pairs = zip(self.product_ids.tolist(), self.warehouse_ids.tolist(), strict=True)
        row_of = {pair: row for row, pair in enumerate(pairs)}
        asked = zip(product_ids.tolist(), warehouse_ids.tolist(), strict=True)
        return np.array([row_of.get(pair, -1) for pair in asked], np.int64)


def foreseen_demand(lake: Partitions, date: dt.date) -> Foreseen:
    """Return the forecast made at the end of a day.

    Raises
    ------
    JobError
        If there is none.
    """
    found = lake.read(DemandForecast, date, date)
    if not pc.any(pc.equal(found["warehouse_id"], WHOLE_SHOP)).as_py():
        raise JobError(
            f"demand_forecasts holds no rows of {date}: run the DAG forecast_demand for that day"
        )
    keys = ("product_id", "warehouse_id", "demand_date")
    found = found.sort_by([(key, "ascending") for key in keys])
    n_days = len(pc.unique(found["demand_date"]))

    def by_day(name: str) -> Floats:
        return np.asarray(found[name].to_numpy().reshape(-1, n_days), np.float64)

    quantiles = np.stack([by_day(name) for name in QUANTILES], axis=-1)
    return Foreseen(
        _first_of_each(found["product_id"], n_days),
        _first_of_each(found["warehouse_id"], n_days),
        by_day("mean_units"),
        spread_of(tuple(QUANTILES.values()), quantiles),
    )


def _first_of_each(column: pa.ChunkedArray, n_days: int) -> Ints:
    return np.asarray(column.to_numpy()[::n_days], np.int64)


def demand_by_place(position: Position, foreseen: Foreseen) -> tuple[Floats, Floats]:
    """Return mean and spread of each row of a position, shape (n, horizon); a product's means add up.

    A warehouse has the rows that were foreseen of it. One without any, of which nothing was sold, has
    its share of the whole, as if each customer chose by chance; the others' rows are brought to the rest, with
    what was foreseen of warehouses that are closed by now.
    """
    whole = foreseen.whole()
    of_shop = whole.rows_of(position.product_id, np.zeros_like(position.product_id))
    total, spread = (_taken(each, of_shop) for each in (whole.mean_units, whole.spread_units))
    there = foreseen.rows_of(position.product_id, position.warehouse_id)
    own = _taken(foreseen.mean_units, there)
    product = np.unique(position.product_id, return_inverse=True)[1]
    told = np.bincount(product, own.sum(axis=1))[product]
    by_share = (own.sum(axis=1) == 0) & ((there < 0) | (told == 0))
    left = 1 - np.bincount(product, position.share * by_share)[product]
    scale = np.where(told > 0, left * total.sum(axis=1) / np.maximum(told, 1e-12), 0)[:, None]
    share = position.share[:, None]
    mean = np.where(by_share[:, None], total * share, own * scale)
    own_spread = _taken(foreseen.spread_units, there) * np.sqrt(scale)
    return mean, np.where(by_share[:, None], spread * np.sqrt(share), own_spread)


def _taken(values: Floats, rows: Ints) -> Floats:
    """Return the rows, zeros for -1."""
    return np.where(rows[:, None] >= 0, values[rows], 0.0)
