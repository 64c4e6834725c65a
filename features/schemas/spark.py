"""A table's row class as a Spark schema."""

import datetime as dt
import types
import typing
from typing import get_args, get_origin

from pydantic import AwareDatetime
from pyspark.sql import types as t

from features.schemas.row import Row, allowed_types

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
    hints = typing.get_type_hints(row, include_extras=True)
    return t.StructType([_field(name, hints[name]) for name in row.model_fields])


def _field(name: str, hint: object) -> t.StructField:
    options = allowed_types(hint)
    [type_] = [option for option in options if option is not types.NoneType]
    return t.StructField(name, _spark_type(type_), nullable=types.NoneType in options)


def _spark_type(hint: object) -> t.DataType:
    if get_origin(hint) is list:
        return t.ArrayType(_spark_type(get_args(hint)[0]), containsNull=False)
    if get_origin(hint) is typing.Literal:
        return t.StringType()
    return SPARK_TYPES[hint]
