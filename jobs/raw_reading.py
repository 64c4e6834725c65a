"""Spark's door to the raw layer. Those that only append (`jobs.raw`) need no Spark."""

import datetime as dt
from collections.abc import Iterable
from pathlib import Path

import pyarrow.parquet as pq
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812
from pyspark.sql.types import StringType, StructField, StructType

from jobs.raw import RawBatches


def read_raw(
    batches: RawBatches, spark: SparkSession, table: str, first: dt.date, last: dt.date
) -> DataFrame | None:
    """Return the rows of the days, text columns and `date`; None if there is no file at all."""
    folders = batches.folders(table, first, last)
    if not folders:
        return None
    rows = spark.read.schema(_text_schema(folders)).parquet(*map(str, folders))
    day = F.substring_index(F.col("_metadata.file_path"), "/date=", -1).substr(1, 10)
    return rows.withColumn("date", day.cast("date"))


def _text_schema(folders: Iterable[Path]) -> StructType:
    """Return all columns of the folders' files; a folder is written at once, so one file tells."""
    names: set[str] = set()
    for folder in folders:
        first = next(folder.glob("*.parquet"), None)
        names |= set(pq.read_schema(first).names) if first else set()
    return StructType([StructField(name, StringType()) for name in sorted(names)])
