"""Give the shop's database the catalogue and the stock that the logs tell of, and terms to buy on."""

import asyncio
import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.schemas.lake import DailyDemand
from features.schemas.logs import Customer, OrderLine, ProductVersion, StockLevel
from jobs.partitions import Partitions
from jobs.purchase_position import ASSUMED_COST_RATIO, newest, supplier_names
from transactional.catalogue.loading import load_products, load_stock, reserve_customer_ids
from transactional.planning.loading import load_terms

OPENING_DAYS = 28
MIN_OPENING_UNITS = 10
CHEAP_CENTS, CHEAP_PACK, CHEAP_MINIMUM = 1_000, 12, 24
USUAL_CENTS, USUAL_PACK = 5_000, 6
"""Up to these prices products come in such packs; dearer ones one by one."""


@dataclass(frozen=True)
class Buyer:
    """The operator in whose name supply terms are set, and when."""

    email: str
    now: dt.datetime


@dataclass(frozen=True)
class Seeded:
    """How many versions of products and how many terms were loaded."""

    n_versions: int
    n_terms: int


def seed_shop(url: str, lake: Partitions, date: dt.date, buyer: Buyer) -> Seeded:
    """Load products and stock as known by the end of `date`, and terms of products without any.

    Where the logs tell of no stock at all (a data set without any), every product opens with as
    many units as were sold in the last `OPENING_DAYS`, `MIN_OPENING_UNITS` at least. Running it
    again changes nothing, and takes back nothing that the shop did since.
    """
    products = lake.read(ProductVersion, None, date)
    stock = lake.read(StockLevel, None, date)
    if not stock.num_rows:
        stock = opening_stock(products, lake.read(DailyDemand, None, date), date)
    return asyncio.run(_seed(url, products, stock, _highest_customer_id(lake, date), buyer))


def assumed_terms(products: pa.Table) -> pa.Table:
    """Return supply terms that a shop of these products might have, for logs know none.

    A product's seller supplies it, for `ASSUMED_COST_RATIO` of its price, in packs by that price.
    """
    known = newest(products.select(["product_id", "occurred_at", "seller_id", "price_cents"]))
    price = known["price_cents"].to_numpy()
    by_price = [price < CHEAP_CENTS, price < USUAL_CENTS]
    return pa.table(
        {
            "product_id": known["product_id"],
            "supplier": supplier_names(known["seller_id"]),
            "unit_cost_cents": np.rint(ASSUMED_COST_RATIO * price).astype(np.int64),
            "pack_size": np.select(by_price, [CHEAP_PACK, USUAL_PACK], 1),
            "minimum_order": np.select(by_price, [CHEAP_MINIMUM, USUAL_PACK], 1),
        }
    )


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
    url: str, products: pa.Table, stock: pa.Table, highest_customer_id: int, buyer: Buyer
) -> Seeded:
    n_versions = await load_products(url, _rows(products))
    await load_stock(url, _rows(stock))
    await reserve_customer_ids(url, highest_customer_id)
    n_terms = await load_terms(url, _rows(assumed_terms(products)), buyer.email, buyer.now)
    return Seeded(n_versions, n_terms)


def _rows(table: pa.Table) -> Iterator[dict[str, object]]:
    for batch in table.to_batches(max_chunksize=10_000):
        yield from batch.to_pylist()


def _highest_customer_id(lake: Partitions, date: dt.date) -> int:
    tables = (lake.read(log, None, date, ["customer_id"]) for log in (Customer, OrderLine))
    return max(pc.max(table["customer_id"]).as_py() or 0 for table in tables)
