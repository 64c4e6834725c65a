"""Rebuild what was wanted of each product, hours out of stock included: validated logs -> demand_history.

python -m jobs.build_demand_history --date 2024-05-01

Each task holds some products whole and estimates all of them at once. What holds for the shop (hourly profiles,
effects of weekday and price, the categories' days) is learnt beforehand from a sample of the products.
"""

import datetime as dt
import logging
import shutil
import sys
from collections.abc import Iterator
from functools import partial
from typing import Any

import pyarrow as pa
from pyspark import Broadcast
from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from features.schemas.lake import DemandHistory
from features.schemas.logs import ClickstreamEvent, OrderLine, ProductVersion, StockLevel
from features.schemas.spark import struct_type
from features.transforms.demand_history import movements, oddities
from jobs.demand_learning import N_DRAWS, Learnt, draw_of, last_sunday, learnt_by_day
from jobs.demand_series import N_CORRECTED_DAYS, rows_of_day
from jobs.demand_window import WINDOW_DAYS, movements_of
from jobs.reports import write_report
from jobs.runner import Dates, Settings, run
from jobs.spark import open_lake

N_PRODUCTS_A_TASK = 10_000
MIN_TASKS = 4
MAX_ODDITIES = 100
EPOCH = dt.date(1970, 1, 1)
log = logging.getLogger("build_demand_history")


def main(settings: Settings, dates: Dates) -> None:
    """Rebuild the table's partitions of the days, and report the rows that make no sense."""
    lake = open_lake(settings, "build_demand_history")
    # Days learn from a window that ends on the Sunday before them.
    first = dates.first - dt.timedelta(days=WINDOW_DAYS + 6)
    lines = lake.read(OrderLine, first, dates.last)
    versions = lake.read(ProductVersion, None, dates.last)
    moves = movements(
        lines,
        lake.read(ClickstreamEvent, first, dates.last),
        lake.read(StockLevel, None, dates.last),
        versions,
        first,
    )
    scratch = lake.partitions.staging("derived", "movements")
    kept = lake.keep(moves, scratch / "movements")
    lake.write(DemandHistory, estimated(kept, dates), dates.first, dates.last)
    shutil.rmtree(scratch)
    odd = oddities(lines, versions, dates.first, N_CORRECTED_DAYS)
    write_report(settings.reports, "build_demand_history", dates.last, report(odd))


def estimated(moves: DataFrame, dates: Dates) -> DataFrame:
    """Return the table's rows of all days, from the movements known by the last."""
    spark, days = moves.sparkSession, [_number(day) for day in dates.days()]
    since = moves.groupBy("product_id").agg(F.min("date").alias("since"))
    draw = F.pmod(F.xxhash64("product_id"), F.lit(N_DRAWS)).alias("draw")
    drawn = draw_of(since.select("product_id", "since", draw).toArrow())
    ever = {int(each) for day in (last_sunday(days[0]), *days) for each in drawn.of(day)}
    chosen = spark.createDataFrame([(each,) for each in sorted(ever)], "product_id bigint")
    of_sample = moves.join(F.broadcast(chosen), "product_id", "left_semi").toArrow()
    shared = spark.sparkContext.broadcast(learnt_by_day(of_sample, drawn, days))
    n_tasks = max(MIN_TASKS, len(drawn.product_ids) // N_PRODUCTS_A_TASK)
    of_products = moves.repartition(n_tasks, "product_id")
    return of_products.mapInArrow(partial(_estimate, shared), struct_type(DemandHistory))


def _estimate(
    by_day: Broadcast[dict[int, Learnt]], batches: Iterator[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    held = [batch for batch in batches if batch.num_rows]
    if not held:
        return
    moves = movements_of(pa.Table.from_batches(held))
    for day, learnt in by_day.value.items():
        yield from rows_of_day(moves, day, learnt).to_batches()


def report(odd: DataFrame) -> dict[str, Any]:
    """Return how many rows make no sense, by reason, and the first of them."""
    counts: list[Any] = odd.groupBy("reason").count().collect()
    first = odd.orderBy("reason", "date", "product_id", "what").limit(MAX_ODDITIES).collect()
    found = dict(sorted(map(tuple, counts)))
    for reason, n in found.items():
        log.warning("%s: %d rows", reason, n)
    return {"n_odd": found, "odd": [row.asDict() for row in first]}


def _number(day: dt.date) -> int:
    return (day - EPOCH).days


if __name__ == "__main__":
    logging.basicConfig(level="INFO", stream=sys.stdout, format="%(name)s: %(message)s")
    run(main, __doc__)
