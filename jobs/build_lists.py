"""Build the lists pages show: facts -> co_purchases, trending, item_lists, category_lists.

python -m jobs.build_lists --date 2024-05-01
"""

import datetime as dt
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from features.schemas.arrow import arrow_schema
from features.schemas.lake import CategoryLists, CoPurchase, DailyDemand, ItemLists, Trending
from features.schemas.logs import ClickstreamEvent, OrderLine, ProductVersion
from features.schemas.spark import struct_type
from features.transforms.catalogue import catalogue
from features.transforms.co_purchase import Baskets, baskets, co_purchases
from features.transforms.item_lists import item_lists
from features.transforms.product_events import daily_product_events
from features.transforms.trending import (
    WINDOW_DAYS,
    category_lists,
    popularity_scores,
    trending,
)
from jobs.lake import Lake
from jobs.partitions import Partitions
from jobs.runner import Dates, Settings, run
from jobs.spark import open_lake

CO_PURCHASE_DAYS = 90
N_BEST = 50
MIN_BASKETS = 2


def main(settings: Settings, dates: Dates) -> None:
    """Rebuild the four tables' partitions of the days, one picture per day."""
    lake = open_lake(settings, "build_lists")
    for day in dates.days():
        build_item_lists(lake, day)
        build_category_lists(lake, day)


def build_item_lists(lake: Lake, day: dt.date) -> None:
    """Rebuild `co_purchases` and `item_lists` of a day."""
    found = known_baskets(lake.partitions, day)
    scratch = lake.partitions.staging("derived", "baskets")
    found.save(scratch)
    pairs = spread_co_purchases(lake, scratch, len(found.item_ids))
    dated = pairs.withColumn("date", F.lit(day)).select(*CoPurchase.model_fields)
    lake.write(CoPurchase, dated, day, day)
    shutil.rmtree(scratch)
    lake.write(ItemLists, item_lists(lake.read(CoPurchase, day, day), day), day, day)


def known_baskets(partitions: Partitions, day: dt.date) -> Baskets:
    """Return the baskets of the last `CO_PURCHASE_DAYS` days as known by the end of `day`.

    A basket is an order; where purchases are only in the clickstream, it is a visitor's session.
    """
    first = day - dt.timedelta(days=CO_PURCHASE_DAYS - 1)
    lines = partitions.read(OrderLine, first, day, ["order_id", "product_id", "kind"])
    lines = lines.filter(pc.equal(lines["kind"], "sale"))
    clicks = _purchase_clicks(partitions, first, day)
    sessions = clicks["session_id"].combine_chunks().dictionary_encode()
    # Orders count from 1 up, sessions from -1 down: two kinds of basket never share a key.
    keys = np.concatenate([lines["order_id"].to_numpy(), -1 - sessions.indices.to_numpy()])
    items = np.concatenate([lines["product_id"].to_numpy(), clicks["product_id"].to_numpy()])
    return baskets(keys.astype(np.int64), items.astype(np.int64))


def _purchase_clicks(partitions: Partitions, first: dt.date, day: dt.date) -> pa.Table:
    """Return session and product of each logged click of kind `purchase`.

    Most shops log none: their kinds alone are read, a fraction of the rows' bytes.
    """
    wanted = ["session_id", "product_id", "kind"]
    days = [
        one
        for one in partitions.days("validated", ClickstreamEvent.table)
        if first <= one <= day
        and pc.any(
            pc.equal(partitions.read(ClickstreamEvent, one, one, ["kind"])["kind"], "purchase")
        ).as_py()
    ]
    found = [partitions.read(ClickstreamEvent, one, one, wanted) for one in days]
    empty = arrow_schema(ClickstreamEvent).empty_table().select(wanted)
    clicks = pa.concat_tables([empty, *found])
    return clicks.filter(pc.equal(clicks["kind"], "purchase"))


def spread_co_purchases(lake: Lake, scratch: Path, n_items: int) -> DataFrame:
    """Count pairs in parallel: each task maps the baskets from `scratch` and takes a block of items."""
    n_tasks = 2 * lake.spark.sparkContext.defaultParallelism
    edges = np.linspace(0, n_items, n_tasks + 1).astype(int).tolist()
    blocks = pa.table({"first": edges[:-1], "last": edges[1:]})
    schema = struct_type(CoPurchase)
    pairs = type(schema)([field for field in schema if field.name != "date"])
    todo = lake.spark.createDataFrame(blocks).repartition(n_tasks)
    return todo.mapInArrow(lambda batches: _pairs_of(scratch, batches), pairs)


def _pairs_of(scratch: Path, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    found = Baskets.load(scratch)
    for batch in batches:
        for block in batch.to_pylist():
            for table in co_purchases(found, block["first"], block["last"], N_BEST, MIN_BASKETS):
                yield from table.to_batches()


def build_category_lists(lake: Lake, day: dt.date) -> None:
    """Rebuild `trending` and `category_lists` of a day."""
    first = day - dt.timedelta(days=WINDOW_DAYS - 1)
    clicks, demand = lake.read(ClickstreamEvent, first, day), lake.read(DailyDemand, first, day)
    scores = popularity_scores(daily_product_events(clicks, demand), day)
    products = catalogue(lake.read(ProductVersion, None, day), day)
    lake.write(Trending, trending(scores, products, day), day, day)
    lake.write(CategoryLists, category_lists(lake.read(Trending, day, day), day), day, day)


if __name__ == "__main__":
    run(main, __doc__)
