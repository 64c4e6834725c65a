"""The only door of Spark to the lake: tables by their row class, partitions by date."""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812

from features.schemas.arrow import arrow_schema
from features.schemas.row import Row
from features.schemas.spark import struct_type
from jobs.partitions import Layer, Partitions, count_rows, days_between, layer_of
from jobs.writing import write_days, write_parts


class SchemaMismatchError(ValueError):
    """A DataFrame does not have its table's columns."""


@dataclass(frozen=True)
class Lake:
    """Parquet tables under one root, partitioned by `date`."""

    spark: SparkSession
    partitions: Partitions

    def read(self, row: type[Row], first: dt.date | None, last: dt.date) -> DataFrame:
        """Return the table's rows of `first` (or the first day there is) to `last`, inclusive."""
        folder = self.partitions.folder(layer_of(row), row.table)
        schema = struct_type(row)
        if not folder.exists():
            # From Arrow: for rows of Python's own, even none, Spark starts workers beside those of `mapInArrow`.
            return self.spark.createDataFrame(arrow_schema(row).empty_table(), schema)
        table = self.spark.read.schema(schema).parquet(str(folder)).where(F.col("date") <= last)
        if first is not None:
            table = table.where(F.col("date") >= first)
        return table.select(*row.model_fields)

    def write(
        self, row: type[Row], rows: DataFrame, first: dt.date, last: dt.date, every_days: int = 1
    ) -> None:
        """Replace the table's partitions of `first` to `last`: a second run changes nothing.

        With `every_days`, only those of `last` and every so many days before it.

        Raises
        ------
        SchemaMismatchError
            If `rows` has other columns or types than the table.
        """
        expected = {field.name: field.dataType.simpleString() for field in struct_type(row)}
        found = dict(rows.dtypes)
        if found != expected:
            raise SchemaMismatchError(f"{row.table}: expected {expected}, found {found}")
        staged = self.stage(layer_of(row), row.table, rows.select(*expected), first, last)
        staged.publish(every_days)

    def keep(self, rows: DataFrame, folder: Path) -> DataFrame:
        """Compute rows once, into the folder, and return them as read from there.

        Many small queries over them then start from a file, not from the plan that made them: its
        analysis alone takes a second each time when the plan is long.
        """
        write_parts(rows, folder)
        return self.spark.read.schema(rows.schema).parquet(str(folder))

    def stage(
        self, layer: Layer, table: str, rows: DataFrame, first: dt.date, last: dt.date
    ) -> "StagedPartitions":
        """Write rows (with a column `date`) aside, to be published later."""
        staged = self.partitions.staging(layer, table)
        if first == last:
            rows.write.mode("append").partitionBy("date").parquet(str(staged))
            (staged / "_SUCCESS").unlink(missing_ok=True)
        else:
            write_days(rows, staged, (last - first).days + 1)
        return StagedPartitions(self.partitions, layer, table, str(staged), first, last)


@dataclass(frozen=True)
class StagedPartitions:
    """Rows written aside: invisible until `publish`."""

    partitions: Partitions
    layer: Layer
    table: str
    folder: str
    first: dt.date
    last: dt.date

    def publish(self, every_days: int = 1) -> None:
        """Make them the partitions of `first` to `last`, each at once."""
        staged = self.partitions.root.joinpath(self.folder)
        days = days_between(self.first, self.last)[::-every_days]
        self.partitions.publish(self.layer, self.table, staged, days)

    def n_rows(self) -> int:
        """Count the rows that were written, by the files' footers."""
        return count_rows(self.partitions.root.joinpath(self.folder).glob("date=*/*.parquet"))
