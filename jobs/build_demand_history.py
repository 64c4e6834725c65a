"""Rebuild what was wanted of each product, hours out of stock included: validated logs -> demand_history.

python -m jobs.build_demand_history --date 2024-05-01

Each task holds some products whole and estimates all of them at once; a small shop's all are held by this process, for
tasks would take longer to start. What holds for the shop (hourly profiles, effects of weekday and price, the categories'
days) is learnt beforehand from a sample of the products.
"""

import datetime as dt
import logging
import shutil
import sys
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.dataset as ds
from pyspark import Broadcast
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812

from features.schemas.lake import DemandHistory
from features.schemas.logs import ClickstreamEvent, OrderLine, ProductVersion, StockLevel
from features.schemas.spark import struct_type
from features.transforms.demand_history import movements, oddities
from jobs.demand_learning import N_DRAWS, Learnt, draw_of, last_sunday, learnt_by_day
from jobs.demand_series import N_CORRECTED_DAYS, rows_of_day
from jobs.demand_window import WINDOW_DAYS, movements_of
from jobs.holiday_calendar import calendar
from jobs.lake import Lake
from jobs.partitions import count_rows
from jobs.reports import write_report
from jobs.runner import Dates, Settings, run
from jobs.spark import open_lake
from models.forecasting.holidays import Holidays

N_PRODUCTS_A_TASK = 10_000
MIN_TASKS = 4
MAX_ROWS_HERE = 1_000_000
"""Movements that one process holds; more are shared out to tasks."""
MAX_ODDITIES, MAX_ODDITIES_HERE = 100, 10_000
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
    kept = lake.keep(moves.select("*", draw()), scratch / "movements")
    write(lake, kept, scratch / "movements", dates, calendar(settings))
    shutil.rmtree(scratch)
    odd = oddities(lines, versions, dates.first, N_CORRECTED_DAYS)
    write_report(settings.reports, "build_demand_history", dates.last, report(odd))


def write(lake: Lake, kept: DataFrame, folder: Path, dates: Dates, holidays: Holidays) -> None:
    """Rebuild the partitions from movements that are kept in a folder."""
    files = sorted(folder.glob("*.parquet"))
    if count_rows(files) > MAX_ROWS_HERE:
        lake.write(DemandHistory, estimated(kept, dates, holidays), dates.first, dates.last)
        return
    moves = ds.dataset([str(file) for file in files]).to_table() if files else kept.toArrow()
    for day, rows in zip(dates.days(), estimated_here(moves, dates, holidays), strict=True):
        lake.partitions.write(DemandHistory, rows, day)


def estimated_here(
    moves: pa.Table, dates: Dates, holidays: Holidays | None = None
) -> list[pa.Table]:
    """Return the table's rows of each day, from the movements known by the last, with each product's `draw`."""
    days = [_number(day) for day in dates.days()]
    products = moves.group_by("product_id").aggregate([("date", "min"), ("draw", "min")])
    drawn = draw_of(products.rename_columns({"date_min": "since", "draw_min": "draw"}))
    learnt, known = learnt_by_day(moves, drawn, days, holidays), movements_of(moves)
    return [rows_of_day(known, day, learnt[day]) for day in days]


def estimated(moves: DataFrame, dates: Dates, holidays: Holidays | None = None) -> DataFrame:
    """Return what `estimated_here` does, made in tasks."""
    spark, days = moves.sparkSession, [_number(day) for day in dates.days()]
    since = moves.groupBy("product_id").agg(F.min("date").alias("since"))
    drawn = draw_of(since.select("product_id", "since", draw()).toArrow())
    ever = {int(each) for day in (last_sunday(days[0]), *days) for each in drawn.of(day)}
    chosen = spark.createDataFrame(pa.table({"product_id": pa.array(sorted(ever), pa.int64())}))
    of_sample = moves.join(F.broadcast(chosen), "product_id", "left_semi").toArrow()
    shared = spark.sparkContext.broadcast(learnt_by_day(of_sample, drawn, days, holidays))
    n_tasks = max(MIN_TASKS, len(drawn.product_ids) // N_PRODUCTS_A_TASK)
    of_products = moves.repartition(n_tasks, "product_id")
    return of_products.mapInArrow(partial(_estimate, shared), struct_type(DemandHistory))


def draw() -> Column:
    """Return by what products are drawn: 0 to `N_DRAWS` - 1."""
    return F.pmod(F.xxhash64("product_id"), F.lit(N_DRAWS)).alias("draw")


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
    rows = odd.limit(MAX_ODDITIES_HERE + 1).collect()
    order = ("reason", "date", "product_id", "what")
    if len(rows) <= MAX_ODDITIES_HERE:
        found = Counter(row["reason"] for row in rows)
        first = sorted(rows, key=lambda row: [row[name] for name in order])[:MAX_ODDITIES]
    else:
        counts: list[Any] = odd.groupBy("reason").count().collect()
        found, first = Counter(dict(counts)), odd.orderBy(*order).limit(MAX_ODDITIES).collect()
    for reason, n in sorted(found.items()):
        log.warning("%s: %d rows", reason, n)
    return {"n_odd": dict(sorted(found.items())), "odd": [row.asDict() for row in first]}


def _number(day: dt.date) -> int:
    return (day - EPOCH).days


if __name__ == "__main__":
    logging.basicConfig(level="INFO", stream=sys.stdout, format="%(name)s: %(message)s")
    run(main, __doc__)
