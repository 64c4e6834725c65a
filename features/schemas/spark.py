"""A table's row class as a Spark schema."""

import datetime as dt
from typing import Any, get_args, get_origin

from pydantic import AwareDatetime
from pyspark.sql import types as t

from features.schemas.column import columns
from features.schemas.row import Row

SPARK_TYPES: dict[object, t.DataType] = {
    str: t.StringType(),
    int: t.LongType(),
    float: t.DoubleType(),
    bool: t.BooleanType(),
    dt.date: t.DateType(),
    AwareDatetime: t.TimestampType(),
}


def struct_type(row: type[Row]) -> t.StructType:
    """Return the Spark schema of `row`'s table; `X | None` is a nullable column.

    Raises
    ------
    KeyError
        If a field's type has no counterpart in `SPARK_TYPES`.
    """
    return t.StructType(
        [t.StructField(c.name, spark_type(c.type), nullable=c.nullable) for c in columns(row)]
    )


def spark_type(python_type: Any) -> t.DataType:  # noqa: ANN401 - a type, or list[type]
    """Return the Spark type of a column's Python type."""
    if get_origin(python_type) is list:
        return t.ArrayType(spark_type(get_args(python_type)[0]), containsNull=False)
    return SPARK_TYPES[python_type]
