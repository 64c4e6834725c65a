"""A table's row class as an Arrow schema."""

import datetime as dt
from typing import Any, get_args, get_origin

import pyarrow as pa
from pydantic import AwareDatetime

from features.schemas.column import columns
from features.schemas.row import Row

ARROW_TYPES: dict[object, pa.DataType] = {
    str: pa.string(),
    int: pa.int64(),
    float: pa.float64(),
    bool: pa.bool_(),
    dt.date: pa.date32(),
    AwareDatetime: pa.timestamp("us", tz="UTC"),
}


def arrow_schema(row: type[Row]) -> pa.Schema:
    """Return the Arrow schema of `row`'s table; every column may be null, as Parquet reads it."""
    return pa.schema([pa.field(c.name, arrow_type(c.type)) for c in columns(row)])


def arrow_type(python_type: Any) -> pa.DataType:  # noqa: ANN401 - a type, or list[type]
    """Return the Arrow type of a column's Python type."""
    if get_origin(python_type) is list:
        return pa.list_(arrow_type(get_args(python_type)[0]))
    return ARROW_TYPES[python_type]
