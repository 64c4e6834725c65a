"""What a day's stock-outs and overstock cost, product by product."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.schemas.arrow import arrow_schema
from features.schemas.lake import DemandForecast, DemandHistory, StockCost
from features.schemas.logs import ProductVersion
from jobs.partitions import Partitions
from jobs.reading import newest
from jobs.shown_forecasts import WHOLE_SHOP, stock_by_day
from jobs.units_sold import Ids, Units
from models.evaluation.stock_costs import (
    CostRates,
    excess_units,
    holding_cost_cents,
    lost_margin_cents,
)
from models.ids import rows_of

SUMMED = ("hidden_units", "lost_margin_cents", "holding_cost_cents")
N_WORST = 20


@dataclass(frozen=True)
class StockCosts:
    """Sums of `SUMMED` over days: in all, by day (the oldest first), and of the products that cost most.

    Those have a `title`, too.
    """

    total: dict[str, float]
    by_day: list[dict[str, Any]]
    worst: list[dict[str, Any]]


def summed(costs: pa.Table, titles: Mapping[int, str]) -> StockCosts:
    """Return the sums of rows of the table `stock_costs`; `titles` are products' names by id."""
    by_day = _sums(costs, "date").sort_by("date")
    by_product = _sums(costs, "product_id")
    cost = pc.add(by_product["lost_margin_cents"], by_product["holding_cost_cents"])
    worst = by_product.append_column("cost", cost)
    worst = worst.sort_by([("cost", "descending"), ("product_id", "ascending")])
    total = {name: float(pc.sum(costs[name]).as_py() or 0) for name in SUMMED}
    named = [
        {**row, "title": titles.get(row["product_id"], str(row["product_id"]))}
        for row in worst.slice(0, N_WORST).to_pylist()
    ]
    return StockCosts(total, by_day.to_pylist(), named)


def _sums(costs: pa.Table, by: str) -> pa.Table:
    found = costs.group_by(by).aggregate([(name, "sum") for name in SUMMED])
    return found.rename_columns({f"{name}_sum": name for name in SUMMED})


def stock_costs(lake: Partitions, day: dt.date, rates: CostRates) -> pa.Table:
    """Return the table `stock_costs` of a day: products that lacked units or had too many.

    Too many there are of what a forecast was made of; where the lake tells no stock there is nothing to cost.
    """
    prices = _prices(lake, day)
    product_ids = np.array(sorted(prices), np.int64)
    price_cents = np.array([prices[each] for each in product_ids.tolist()], np.float64)
    demand, sold = _wanted_and_sold(lake, day, product_ids)
    stock, excess = _stock_and_excess(lake, day, product_ids, rates)
    columns = {
        "product_id": product_ids,
        "hidden_units": np.maximum(demand - sold, 0),
        "lost_margin_cents": lost_margin_cents(demand, sold, price_cents, rates),
        "stock_units": stock,
        "excess_units": excess,
        "holding_cost_cents": holding_cost_cents(excess, price_cents, rates),
        "date": np.full(len(product_ids), np.datetime64(day)),
    }
    found = pa.table(columns).cast(arrow_schema(StockCost))
    return found.filter((pc.field("hidden_units") > 0) | (pc.field("excess_units") > 0))


def _prices(lake: Partitions, day: dt.date) -> dict[int, int]:
    """Return the price of each published product as known by the end of the day."""
    known = newest(lake.read(ProductVersion, None, day))
    sold = known.filter(pc.equal(known["status"], "published"))
    ids, prices = sold["product_id"].to_pylist(), sold["price_cents"].to_pylist()
    return dict(zip(ids, prices, strict=True))


def _wanted_and_sold(lake: Partitions, day: dt.date, product_ids: Ids) -> tuple[Units, ...]:
    of_day = pc.field("demand_date") == day
    told = lake.read(DemandHistory, day, day, where=of_day)
    rows = rows_of(product_ids, told["product_id"].to_numpy())
    known = rows >= 0
    n = len(product_ids)
    return tuple(
        np.bincount(rows[known], told[name].to_numpy()[known], n).astype(np.float64)
        for name in ("demand_units", "n_units_sold")
    )


def _stock_and_excess(
    lake: Partitions,
    day: dt.date,
    product_ids: Ids,
    rates: CostRates,
) -> tuple[Units, ...]:
    """Return units at the day's end, 0 where unknown, and those that are too many."""
    levels = stock_by_day(lake, day, 1)
    stock = np.array([levels.get(each, [None])[0] or 0 for each in product_ids.tolist()], float)
    made = [each for each in lake.days("derived", DemandForecast.table) if each <= day]
    if not made:
        return stock, np.zeros(len(stock))
    whole = pc.field("warehouse_id") == WHOLE_SHOP
    kept = lake.read(DemandForecast, made[-1], made[-1], ["product_id", "mean_units"], whole)
    rows = rows_of(product_ids, kept["product_id"].to_numpy())
    known = rows >= 0
    total = np.bincount(rows[known], kept["mean_units"].to_numpy()[known], len(stock))
    n_days = np.bincount(rows[known], minlength=len(stock))
    mean = total / np.maximum(n_days, 1)
    return stock, np.where(n_days > 0, excess_units(stock, mean, rates), 0)
