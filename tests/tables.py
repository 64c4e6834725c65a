"""Tables in tests, written as tables."""

import datetime as dt
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import types as t

from features.schemas.arrow import arrow_schema
from features.schemas.row import Row
from features.schemas.spark import struct_type

PARSERS = {
    "string": str,
    "bigint": int,
    "double": float,
    "boolean": lambda text: text == "true",
    "date": dt.date.fromisoformat,
    "array<bigint>": lambda text: [int(cell) for cell in text.split(",")],
    "timestamp": lambda text: dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC),
}


def parsed(row: type[Row], text: str) -> list[dict[str, Any]]:
    """Rows of `row`'s table, typed, from text like

        item_id | n_views
        --------+--------
        1       | 3
        2       |

    An empty cell is null, and so is every column that is not written.
    """
    schema = struct_type(row)
    header, _, *lines = [line.strip() for line in text.strip().splitlines()]
    names = [name.strip() for name in header.split("|")]
    unknown = set(names) - set(schema.names)
    assert not unknown, f"{row.__name__} has no column {unknown}"
    kinds = {field.name: field.dataType.simpleString() for field in schema}

    def parse(line: str) -> dict[str, Any]:
        cells = dict(zip(names, (cell.strip() for cell in line.split("|")), strict=True))
        return {name: PARSERS[kinds[name]](cell) for name, cell in cells.items() if cell}

    return [parse(line) for line in lines]


def table(spark: SparkSession, row: type[Row], text: str) -> DataFrame:
    """A Spark table of `row` from such text."""
    nullable = [t.StructField(field.name, field.dataType) for field in struct_type(row)]
    return spark.createDataFrame(parsed(row, text), t.StructType(nullable))


def arrow(row: type[Row], text: str) -> pa.Table:
    """An Arrow table of `row` from such text."""
    return pa.Table.from_pylist(parsed(row, text), schema=arrow_schema(row))


def raw(spark: SparkSession, text: str) -> DataFrame:
    """Raw rows, all text but `date`; an empty cell is null."""
    header, _, *lines = [line.strip() for line in text.strip().splitlines()]
    names = [name.strip() for name in header.split("|")]
    rows = [tuple(cell.strip() or None for cell in line.split("|")) for line in lines]
    schema = t.StructType([t.StructField(name, t.StringType()) for name in names])
    frame = spark.createDataFrame(rows, schema)
    return frame.withColumn("date", frame["date"].cast("date"))


def rows(df: DataFrame, *columns: str) -> list[tuple[Any, ...]]:
    """The DataFrame's rows as sorted tuples of these columns."""
    return sorted((tuple(row) for row in df.select(*columns).collect()), key=repr)
