"""Count what became known each day: validated logs -> interactions, sessions, daily_demand.

python -m jobs.build_daily_facts --date 2024-05-01
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from features.schemas.lake import DailyDemand, Interaction, Session
from features.schemas.logs import ClickstreamEvent, OrderLine
from features.transforms.demand import daily_demand
from features.transforms.interactions import interactions
from features.transforms.sessions import COLUMNS, sessions
from jobs.lake import Lake
from jobs.partitions import Partitions
from jobs.runner import Dates, Settings, run
from jobs.spark import open_lake


def main(settings: Settings, dates: Dates) -> None:
    """Rebuild the three tables' partitions of the days."""
    lake = open_lake(settings, "build_daily_facts")
    first, last = dates.first, dates.last
    lines = lake.read(OrderLine, first, last)
    clicks = lake.read(ClickstreamEvent, first, last)
    lake.write(Interaction, interactions(lines, clicks), first, last)
    lake.write(DailyDemand, daily_demand(lines, clicks), first, last)
    write_sessions(lake, lake.partitions, dates)


def write_sessions(lake: Lake, target: Partitions, dates: Dates) -> None:
    """Rebuild `sessions` of the days in `target`, one day after the other in each task.

    The tasks read and write their days with Arrow: a day's rows need no shuffle, and pass the JVM
    neither on their way in nor on their way out.
    """
    published = set(lake.partitions.days("validated", ClickstreamEvent.table))
    days = [day for day in dates.days() if day in published]
    n_tasks = max(1, min(len(days), 2 * lake.spark.sparkContext.defaultParallelism))
    staged = target.staging("derived", Session.table)
    todo = lake.spark.createDataFrame(pa.table({"date": pa.array(days, pa.date32())}))
    todo = todo.repartition(n_tasks)
    todo.mapInArrow(partial(_write_sessions, lake.partitions, staged), "n_rows bigint").collect()
    target.publish("derived", Session.table, staged, dates.days())


def _write_sessions(
    source: Partitions, staged: Path, batches: Iterator[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    n_rows = 0
    for batch in batches:
        for day in batch["date"]:
            events = source.read(ClickstreamEvent, day.as_py(), day.as_py(), COLUMNS)
            found = sessions(events, day).drop_columns(["date"])
            folder = staged / f"date={day.as_py()}"
            folder.mkdir(exist_ok=True)
            # A task that is tried again writes over what its first try left.
            pq.write_table(found, folder / "part-0.parquet", compression="zstd")
            n_rows += found.num_rows
    yield pa.RecordBatch.from_pydict({"n_rows": [n_rows]})


if __name__ == "__main__":
    run(main, __doc__)
