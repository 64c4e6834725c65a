"""Give the shop's database the catalogue and the stock that the logs tell of."""

import asyncio
import datetime as dt
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from features.schemas.lake import DailyDemand
from features.schemas.logs import Customer, OrderLine, ProductVersion, StockLevel
from jobs.partitions import Partitions
from transactional.catalogue.loading import load_products, load_stock, reserve_customer_ids

OPENING_DAYS = 28
MIN_OPENING_UNITS = 10


def seed_shop(url: str, lake: Partitions, date: dt.date) -> tuple[int, int]:
    """Load products and stock as known by the end of `date`; return how many of each.

    Where the logs tell of no stock at all (a data set without any), every product opens with as
    many units as were sold in the last `OPENING_DAYS`, `MIN_OPENING_UNITS` at least. Running it
    again changes nothing, and takes back nothing that the shop did since.
    """
    products = lake.read(ProductVersion, None, date)
    stock = lake.read(StockLevel, None, date)
    if not stock.num_rows:
        stock = opening_stock(products, lake.read(DailyDemand, None, date), date)
    return asyncio.run(_seed(url, products, stock, _highest_customer_id(lake, date)))


def opening_stock(products: pa.Table, demand: pa.Table, date: dt.date) -> pa.Table:
    """Return stock levels made from recent demand, of the products' first day."""
    first = pa.scalar(date - dt.timedelta(days=OPENING_DAYS - 1))
    recent = demand.filter(pc.greater_equal(demand["demand_date"], first))
    sold = recent.group_by("product_id").aggregate([("n_units_sold", "sum")])
    first_seen = products.group_by("product_id").aggregate([("recorded_at", "min")])
    joined = first_seen.join(sold, "product_id")
    units = pc.max_element_wise(pc.fill_null(joined["n_units_sold_sum"], 0), MIN_OPENING_UNITS)
    at = joined["recorded_at_min"]
    return pa.table(
        {
            "product_id": joined["product_id"],
            "n_available": units,
            "occurred_at": at,
            "recorded_at": at,
        }
    )


async def _seed(
    url: str, products: pa.Table, stock: pa.Table, highest_customer_id: int
) -> tuple[int, int]:
    n_products = await load_products(url, _rows(products))
    n_levels = await load_stock(url, _rows(stock))
    await reserve_customer_ids(url, highest_customer_id)
    return n_products, n_levels


def _rows(table: pa.Table) -> Iterator[dict[str, object]]:
    for batch in table.to_batches(max_chunksize=10_000):
        yield from batch.to_pylist()


def _highest_customer_id(lake: Partitions, date: dt.date) -> int:
    tables = (lake.read(log, None, date, ["customer_id"]) for log in (Customer, OrderLine))
    return max(pc.max(table["customer_id"]).as_py() or 0 for table in tables)
