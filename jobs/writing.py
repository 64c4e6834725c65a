"""Write many small partitions at once.

Spark's own `partitionBy` opens a Hadoop writer for each day in each task, tens of milliseconds a file.
A task that holds its days whole writes them with Arrow in one or two.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyspark import TaskContext
from pyspark.sql import DataFrame

N_DAYS_A_TASK = 8
MIN_TASKS = 8


def write_days(rows: DataFrame, folder: Path, n_days: int) -> None:
    """Write rows as `folder/date=…/part-<task>.parquet`, a day whole by one task.

    A task keeps its days in memory, about `N_DAYS_A_TASK` of them. Its files are named by its place
    in the job, so that a task that is tried again writes over what its first try left.
    """
    n_tasks = max(MIN_TASKS, n_days // N_DAYS_A_TASK)
    spread = rows.repartition(n_tasks, "date")
    spread.mapInArrow(partial(_write_task, folder), "n_rows bigint").collect()


def _write_task(folder: Path, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    held = [batch for batch in batches if batch.num_rows]
    if not held:
        return
    context = TaskContext.get()
    name = f"part-{context.partitionId() if context else 0:05d}.parquet"
    table = pa.Table.from_batches(held).sort_by("date")
    counts = pc.value_counts(table["date"]).to_pylist()
    start = 0
    for count in sorted(counts, key=lambda count: count["values"]):
        day = folder / f"date={count['values']}"
        day.mkdir(parents=True, exist_ok=True)
        of_day = table.slice(start, count["counts"]).drop_columns(["date"])
        pq.write_table(of_day, day / name, compression="zstd")
        start += count["counts"]
    yield pa.RecordBatch.from_pydict({"n_rows": [start]})
