"""A table's row class as an Arrow schema."""

import datetime as dt
import types
import typing
from typing import get_args, get_origin

import pyarrow as pa
from pydantic import AwareDatetime

from features.schemas.row import Row, allowed_types

ARROW_TYPES: dict[object, pa.DataType] = {
    str: pa.string(),
    int: pa.int64(),
    float: pa.float64(),
    bool: pa.bool_(),
    dt.date: pa.date32(),
    AwareDatetime: pa.timestamp("us", tz="UTC"),
}


def arrow_schema(row: type[Row]) -> pa.Schema:
    """Return the Arrow schema of `row`'s table; `X | None` is a nullable column."""
    hints = typing.get_type_hints(row, include_extras=True)
    return pa.schema([_field(name, hints[name]) for name in row.model_fields])


def _field(name: str, hint: object) -> pa.Field:
    options = allowed_types(hint)
    [type_] = [option for option in options if option is not types.NoneType]
    return pa.field(name, _arrow_type(type_), nullable=True)


def _arrow_type(hint: object) -> pa.DataType:
    if get_origin(hint) is list:
        return pa.list_(_arrow_type(get_args(hint)[0]))
    if get_origin(hint) is typing.Literal:
        return pa.string()
    return ARROW_TYPES[hint]
