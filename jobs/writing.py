"""Write Parquet from Spark tasks with Arrow.

Spark's own `partitionBy` opens a Hadoop writer for each day in each task, tens of milliseconds a file;
a task that holds its days whole writes them with Arrow in one or two. Row by row in the JVM costs a
short job, whose JVM never gets warm, more than Arrow does.
"""

import itertools
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyspark import TaskContext
from pyspark.sql import DataFrame

N_DAYS_A_TASK = 8


def write_days(rows: DataFrame, folder: Path, n_days: int) -> None:
    """Write rows as `folder/date=…/part-<task>.parquet`, a day whole by one task.

    A task keeps its days in memory, about `N_DAYS_A_TASK` of them; there are as many tasks as after any
    shuffle, at least.
    """
    at_least = int(rows.sparkSession.conf.get("spark.sql.shuffle.partitions") or 1)
    n_tasks = max(at_least, n_days // N_DAYS_A_TASK)
    spread = rows.repartition(n_tasks, "date")
    spread.mapInArrow(partial(_write_task, folder), "n_rows bigint").collect()


def write_parts(rows: DataFrame, folder: Path) -> None:
    """Write rows as `folder/part-<task>.parquet`, each task what it has."""
    folder.mkdir()
    rows.mapInArrow(partial(_write_part, folder), "n_rows bigint").collect()


def _write_part(folder: Path, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    n_rows, first = 0, next(batches, None)
    if first is None:
        return
    with pq.ParquetWriter(folder / _part_name(), first.schema, compression="lz4") as writer:
        for batch in itertools.chain([first], batches):
            writer.write_batch(batch)
            n_rows += batch.num_rows
    yield pa.RecordBatch.from_pydict({"n_rows": [n_rows]})


def _part_name() -> str:
    """Name a task's file by its place in the job: a task tried again writes over its first try."""
    context = TaskContext.get()
    return f"part-{context.partitionId() if context else 0:05d}.parquet"


def _write_task(folder: Path, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    held = [batch for batch in batches if batch.num_rows]
    if not held:
        return
    table = pa.Table.from_batches(held).sort_by("date")
    counts = pc.value_counts(table["date"]).to_pylist()
    start = 0
    for count in sorted(counts, key=lambda count: count["values"]):
        day = folder / f"date={count['values']}"
        day.mkdir(parents=True, exist_ok=True)
        of_day = table.slice(start, count["counts"]).drop_columns(["date"])
        pq.write_table(of_day, day / _part_name(), compression="zstd")
        start += count["counts"]
    yield pa.RecordBatch.from_pydict({"n_rows": [start]})
