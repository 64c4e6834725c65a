"""What a forecast is made from: each product's demand by day, hidden demand included, and where it sold."""

import datetime as dt
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from features.schemas.lake import DailyDemand
from features.schemas.logs import ProductVersion
from jobs.known_demand import known_demand
from jobs.partitions import Partitions
from jobs.reading import day_number, days_since_1970, newest
from jobs.runner import JobError
from models.forecasting.holidays import Holidays
from models.forecasting.panel import DAILY, Panel, panel_of
from models.ids import rows_of

MAX_DAYS = 800
SHARE_DAYS = 28
"""Warehouses share a product's demand as they sold it in so many days."""
VERSION_COLUMNS = ("event_id", "product_id", "occurred_at", "category_id", "seller_id")
CODES = {"category": "category_id", "seller": "seller_id"}
"""What products have in common, by the name that the model knows it by; the first tells what is like a new one."""
HISTORY_COLUMNS = [
    "product_id",
    "warehouse_id",
    "demand_date",
    "n_units_sold",
    "demand_units",
    "date",
]
Ids = NDArray[np.int64]
Units = NDArray[np.float64]


@dataclass(frozen=True)
class Demand:
    """Units of each product, a row for each id, as known by the end of the last day.

    `sold_in` are the units sold lately in each of `warehouse_ids`, shape (n_products, n_warehouses).
    """

    product_ids: Ids
    panel: Panel
    warehouse_ids: Ids
    sold_in: Units


def demand_as_known(
    lake: Partitions, date: dt.date, min_days: int, holidays: Holidays | None = None
) -> Demand:
    """Return what was wanted of each product on each day up to `date`, as known by its end.

    Days of which `demand_history` tells have its estimates, and are seen as far as they were sold; of
    the others what was sold is taken for all that was wanted.

    Raises
    ------
    JobError
        If there are fewer than `min_days` days.
    """
    known = lake.read(DailyDemand, None, date, ["product_id", "demand_date", "n_units_sold"])
    days = days_since_1970(known["demand_date"])
    last = day_number(date)
    first = max(days.min(), last + 1 - MAX_DAYS) if len(days) else last
    n_days = int(last - first + 1)
    if n_days < min_days:
        raise JobError(
            f"daily_demand holds {n_days} days up to {date}, a forecast needs {min_days}: load more "
            "days and run the DAG build_features for them"
        )
    product_ids = np.unique(known["product_id"].to_numpy())
    units = _matrix(known, "n_units_sold", product_ids, int(first), n_days)
    panel = panel_of(units, date - dt.timedelta(days=n_days - 1), DAILY)
    history = known_demand(lake, panel.first, date, HISTORY_COLUMNS)
    panel = with_hidden(panel, history, product_ids)
    codes = codes_of(lake, date, product_ids)
    panel = replace(panel, codes=codes, holidays=holidays or Holidays())
    return Demand(product_ids, panel, *sold_by_warehouse(history, product_ids, date))


def with_hidden(panel: Panel, history: pa.Table, product_ids: Ids) -> Panel:
    """Return the panel with the demand that stock-outs hid, seen less the more of it is an estimate."""
    shape = (int(day_number(panel.first)), panel.n_periods)
    wanted = _matrix(history, "demand_units", product_ids, *shape)
    sold = _matrix(history, "n_units_sold", product_ids, *shape)
    hidden = np.maximum(wanted - sold, 0).astype(np.float32)
    units = panel.units + hidden
    share = np.divide(panel.units, units, out=np.ones_like(units), where=units > 0)
    return replace(panel, units=units, seen=panel.seen * np.where(hidden > 0, share, 1))


def sold_by_warehouse(history: pa.Table, product_ids: Ids, date: dt.date) -> tuple[Ids, Units]:
    """Return the warehouses that sold something lately, and how much of each product."""
    first = date - dt.timedelta(days=SHARE_DAYS - 1)
    lately = history.filter((pc.field("demand_date") >= first) & (pc.field("warehouse_id") > 0))
    lately = lately.filter(pc.field("n_units_sold") > 0)
    warehouse_ids = np.unique(lately["warehouse_id"].to_numpy()).astype(np.int64)
    rows = rows_of(product_ids, lately["product_id"].to_numpy())
    known = rows >= 0
    places = rows_of(warehouse_ids, lately["warehouse_id"].to_numpy())
    units = np.zeros((len(product_ids), len(warehouse_ids)))
    np.add.at(units, (rows[known], places[known]), lately["n_units_sold"].to_numpy()[known])
    return warehouse_ids, units


def codes_of(lake: Partitions, date: dt.date, product_ids: Ids) -> dict[str, Ids]:
    """Return each product's category and seller as known by the end of `date`; 0 for those without.

    Of a shop with one seller, or none that is told, the category alone: the seller says nothing.
    """
    versions = newest(lake.read(ProductVersion, None, date, list(VERSION_COLUMNS)))
    products = versions["product_id"].to_pylist()
    found = {}
    for name, column in CODES.items():
        by_product = dict(zip(products, versions[column].to_pylist(), strict=True))
        of_each = np.array([by_product.get(each) or 0 for each in product_ids.tolist()], np.int64)
        ids, code = np.unique(of_each, return_inverse=True)
        if name == "category" or len(ids) > 1:
            found[name] = code
    return found


def _matrix(told: pa.Table, name: str, product_ids: Ids, first: int, n_days: int) -> Units:
    """Return sums by product and day; what is of other products or days is left out."""
    rows = rows_of(product_ids, told["product_id"].to_numpy())
    columns = days_since_1970(told["demand_date"]) - first
    within = (rows >= 0) & (columns >= 0) & (columns < n_days)
    units = np.zeros((len(product_ids), n_days))
    values = told[name].to_numpy()[within]
    np.add.at(units, (rows[within], columns[within]), values)
    return units
