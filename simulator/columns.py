"""Arrays as columns of text: the form in which the raw layer of the lake holds a log."""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from features.schemas.row import LogRow
from simulator.draws import Ints

Columns = Mapping[str, pa.Array]


def raw_schema(row: type[LogRow]) -> pa.Schema:
    """Return the table's columns, all text; `date` is the partition."""
    return pa.schema([(name, pa.string()) for name in row.model_fields])


def text(values: Ints) -> pa.Array:
    """Return whole numbers as text."""
    return pa.array(values, pa.int64()).cast(pa.string())


def nullable(values: Ints, is_null: NDArray[np.bool_]) -> pa.Array:
    """Return whole numbers as text, null where `is_null`."""
    return pa.array(values, pa.int64(), mask=is_null).cast(pa.string())


def constant(value: str | None, n_rows: int) -> pa.Array:
    """Return the same text in every row."""
    return pa.repeat(pa.scalar(value, pa.string()), n_rows)


def joined(*parts: pa.Array | str) -> pa.Array:
    """Return the parts one after the other, row by row."""
    return pc.binary_join_element_wise(*parts, "")


def timestamps(ms: Ints) -> pa.Array:
    """Return milliseconds since 1970 as ISO 8601 in UTC."""
    spaced = pa.array(ms, pa.timestamp("ms")).cast(pa.string())
    return joined(pc.utf8_replace_slice(spaced, 10, 11, "T"), "+00:00")


def dates(ms: Ints) -> pa.Array:
    """Return the UTC days of milliseconds since 1970 as YYYY-MM-DD."""
    return pa.array(ms // 86_400_000, pa.int32()).cast(pa.date32()).cast(pa.string())


def table(row: type[LogRow], columns: Columns, recorded_ms: Ints) -> pa.Table:
    """Return the columns in the table's order, with `recorded_at` and `date` filled in."""
    whole = {**columns, "recorded_at": timestamps(recorded_ms), "date": dates(recorded_ms)}
    return pa.table([whole[name] for name in row.model_fields], raw_schema(row))
