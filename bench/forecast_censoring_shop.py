"""Demand on days out of stock in the simulated shop, whose true demand is known.

The whole way of `jobs/build_demand_history.py` but for Spark: movements, what is learnt of them, rows of each day.
"""

import datetime as dt
from collections.abc import Iterator

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from bench.table import Figure
from jobs.demand_learning import draw_of, learnt_by_day
from jobs.demand_series import rows_of_day
from jobs.demand_window import Floats, Ints, movements_of
from models.evaluation.forecasts import bias, wape
from simulator.shop import SimulatedShop
from simulator.simulate import of_a_day, of_products

LAST_DAY = dt.date(2026, 1, 31)
EPOCH = dt.date(1970, 1, 1)
N_JUDGED_DAYS = 14
MEAN_DAYS = 28
SHOP = SimulatedShop(
    LAST_DAY, n_days=90, n_products=400, n_shoppers=6_000, n_visits_per_day=0.25,
    bad_row_ratio=0, late_ratio=0, duplicate_ratio=0,
)  # fmt: skip
MOVEMENTS = """
with every as (
    select product_id::bigint as product_id, 'sale' as kind, date, occurred_at, recorded_at, event_id,
           quantity::bigint as units, quantity::bigint * unit_price_cents::bigint as cents,
           null as category_id, null as seller_id, null as is_listed
    from order_lines where kind = 'sale'
    union all
    select product_id::bigint, 'level', date, occurred_at, recorded_at, event_id,
           n_available::bigint, null, null, null, null from stock_levels
    union all
    select product_id::bigint, 'version', date, occurred_at, recorded_at, event_id, null,
           price_cents::bigint, category_id::bigint, seller_id::bigint, true from products)
select * replace (date::date as date, occurred_at::timestamptz as occurred_at,
                  recorded_at::timestamptz as recorded_at),
       null::bigint as warehouse_id, null::bigint as n_there, false as is_sold
from every
"""


def figures(*, quick: bool = False) -> Iterator[Figure]:
    """Yield the errors on whole days out of stock of the last two weeks, in percent of the true demand."""
    days = [(LAST_DAY - EPOCH).days - n for n in range(2 if quick else N_JUDGED_DAYS)]
    moves, truth = simulated()
    products = np.unique(moves["product_id"].to_numpy())
    draw = draw_of(_all_of(products))
    found = movements_of(moves)
    estimates, sales, actual = [], [], []
    for day, learnt in learnt_by_day(moves, draw, days).items():
        rows = rows_of_day(found, day, learnt).to_pydict()
        out = np.array(rows["hours_out_of_stock"]) == 24
        ids = np.array(rows["product_id"])[out]
        estimates.append(np.array(rows["demand_units"])[out])
        sales.append(recent_mean(moves, ids, day))
        actual.append(np.array([truth.get((product, day), 0.0) for product in ids.tolist()]))
    yield from errors(np.concatenate(actual), np.concatenate(estimates), np.concatenate(sales))


def errors(truth: Floats, estimated: Floats, mean: Floats) -> Iterator[Figure]:
    """Yield WAPE and bias of the estimate, beside those of the mean of the days before."""
    title = "simulated shop, days out of stock"
    yield Figure(f"{title}: days", len(truth), "")
    for label, measure in (("WAPE", wape), ("bias", bias)):
        of_sales, of_mean = 100 * measure(truth, 0 * truth), 100 * measure(truth, mean)
        yield Figure(f"{title}: {label}, stock-outs ignored", of_sales, "%")
        yield Figure(f"{title}: {label}, mean of {MEAN_DAYS} days of sales", of_mean, "%", of_sales)
        value = 100 * measure(truth, estimated)
        yield Figure(f"{title}: {label}, reconstructed", value, "%", of_sales)


def simulated() -> tuple[pa.Table, dict[tuple[int, int], float]]:
    """Return the shop's movements, and the true demand by product and day (since 1970)."""
    tables: dict[str, list[pa.Table]] = {}
    parts = [of_products(SHOP, 0), *(of_a_day(SHOP, SHOP.first + n) for n in range(SHOP.n_days))]
    for part in parts:
        for path, rows in part:
            tables.setdefault(path, []).append(rows)
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        for name in ("order_lines", "stock_levels", "products"):
            connection.register(name, pa.concat_tables(tables[f"raw/{name}"]))
        moves = connection.sql(MOVEMENTS).to_arrow_table()
    told = pa.concat_tables(tables["truth/product_truth"]).to_pylist()
    truth = {(row["product_id"], (row["day"] - EPOCH).days): row["expected_units"] for row in told}
    return moves, truth


def recent_mean(moves: pa.Table, product_ids: Ints, day: int) -> Floats:
    """Return the mean units of the `MEAN_DAYS` before a day, days out of stock as days without demand."""
    sold = moves.filter(pc.equal(moves["kind"], "sale"))
    of_day = sold["date"].cast(pa.int32()).to_numpy()
    recent = (of_day < day) & (of_day >= day - MEAN_DAYS)
    ids, units = sold["product_id"].to_numpy()[recent], sold["units"].to_numpy()[recent]
    sums = np.bincount(ids, units, SHOP.n_products + 1)
    return np.asarray(sums[product_ids] / MEAN_DAYS)


def _all_of(product_ids: Ints) -> pa.Table:
    since = pa.array(np.zeros(len(product_ids)), pa.int32()).cast(pa.date32())
    return pa.table(
        {"product_id": product_ids, "since": since, "draw": np.zeros(len(product_ids), int)}
    )
