"""Count what became known each day: validated logs -> interactions, sessions, daily_demand.

python -m jobs.build_daily_facts --date 2024-05-01
"""

from collections.abc import Iterator

import pyarrow as pa
from pyspark.sql import DataFrame

from features.schemas.lake import DailyDemand, Interaction, Session
from features.schemas.logs import ClickstreamEvent, OrderLine
from features.schemas.spark import struct_type
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
    lake.write(Session, sessions_by_day(lake, dates), first, last)


def sessions_by_day(lake: Lake, dates: Dates) -> DataFrame:
    """Return table `Session`, one task per day.

    The tasks read their day with Arrow: a day's rows need no shuffle, and do not pass the JVM.
    """
    partitions = lake.partitions
    published = set(partitions.days("validated", ClickstreamEvent.table))
    days = [day for day in dates.days() if day in published]
    todo = lake.spark.createDataFrame([(day,) for day in days], "date date")
    spread = todo.repartition(
        max(1, min(len(days), 4 * lake.spark.sparkContext.defaultParallelism))
    )
    return spread.mapInArrow(
        lambda batches: _sessions_of(partitions, batches), struct_type(Session)
    )


def _sessions_of(
    partitions: Partitions, batches: Iterator[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        for day in batch["date"]:
            events = partitions.read(ClickstreamEvent, day.as_py(), day.as_py(), COLUMNS)
            yield from sessions(events, day).to_batches()


if __name__ == "__main__":
    run(main, __doc__)
