"""Anybody's file of events -> columns, and what was left out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from emporium.table_files import TableFileError, read_table
from models.evaluation.log import Columns, numbered
from models.retrieval.items import NO_CATEGORY, Items

SECONDS_PER_DAY = 86_400
MILLISECONDS_FROM = 1e11
"""Unix times from here on are milliseconds: as seconds they would be after the year 5100."""

LONG_NUMBER = r"-?\d{9,}(\.\d*)?"

Flags = NDArray[np.bool_]


class EventFileError(TableFileError):
    """A table can't be read as events; the message says what to do."""


@dataclass(frozen=True)
class Names:
    """The columns' names in the file; what is None is not there.

    Parameters
    ----------
    time_format
        Of times that are texts, as `strptime` takes it; None: ISO 8601, or numbers.
    has_header
        Whether the first line of delimited text names the columns; else they are called 1, 2, ...
    """

    user: str
    item: str
    time: str | None = None
    weight: str | None = None
    time_format: str | None = None
    has_header: bool = True


@dataclass(frozen=True)
class EventFile:
    """Events as columns, and how many rows were left out for which reason."""

    columns: Columns
    n_rows: int
    left_out: Mapping[str, int]


def read_events(path: Path, names: Names) -> EventFile:
    """Read events; an item column of lists holds each user's items, oldest first.

    Raises
    ------
    TableFileError
        If the file can't be read, a column is missing or no row is usable.
    """
    wanted = [name for name in (names.user, names.item, names.time, names.weight) if name]
    table = chosen(read_table(path, has_header=names.has_header), wanted, path)
    kind = table[names.item].type
    ordered = pa.types.is_list(kind) or pa.types.is_large_list(kind)
    if ordered:
        table = exploded(table, names.item)
    unusable = {f"no {name}": is_null(table[name]) for name in (names.user, names.item)}
    days = weights = None
    if names.time:
        days = days_of(table[names.time], names.time_format)
        unusable[f"{names.time} is no time"] = np.isnan(days)
    if names.weight:
        weights = numbers(table[names.weight])
        unusable[f"{names.weight} is not above 0"] = ~(weights > 0)
    left_out, kept = judged(unusable, table.num_rows)
    if not kept.any():
        raise EventFileError(f"{path} has no usable row: {_why_none(left_out, table, names)}")
    columns = Columns(
        users=table[names.user].filter(pa.array(kept)).to_numpy(),
        items=table[names.item].filter(pa.array(kept)).to_numpy(),
        weights=None if weights is None else weights[kept].astype(np.float32),
        days=None if days is None else days[kept],
        ordered=ordered,
    )
    return EventFile(columns, table.num_rows, left_out)


def _why_none(left_out: Mapping[str, int], table: pa.Table, names: Names) -> str:
    reasons = ", ".join(f"{reason} ({n:,} rows)" for reason, n in left_out.items())
    if names.time is None or f"{names.time} is no time" not in left_out:
        return reasons or "it is empty"
    example = next((each for each in table[names.time].to_pylist() if each is not None), None)
    return f"{reasons}; times look like {example!r}: say how to read them with --time-format"


def judged(unusable: Mapping[str, Flags], n_rows: int) -> tuple[dict[str, int], Flags]:
    """Return how many rows are left out by their first reason, and which are kept."""
    kept = np.ones(n_rows, bool)
    left_out = {}
    for reason, flags in unusable.items():
        left_out[reason] = int((flags & kept).sum())
        kept &= ~flags
    return {reason: n for reason, n in left_out.items() if n}, kept


def chosen(table: pa.Table, names: Sequence[str], path: Path) -> pa.Table:
    """Return the columns.

    Raises
    ------
    EventFileError
        If one is missing.
    """
    missing = [name for name in names if name not in table.column_names]
    if missing:
        has = ", ".join(table.column_names)
        raise EventFileError(
            f"{path} has no column {', '.join(missing)}; it has: {has}. If these are the first row, "
            "say --no-header and call the columns 1, 2, 3"
        )
    return table.select(list(dict.fromkeys(names)))


def exploded(table: pa.Table, name: str) -> pa.Table:
    """Return one row per entry of a column of lists."""
    rows = pc.list_parent_indices(table[name])
    others = table.drop_columns([name]).take(rows)
    return others.append_column(name, pc.list_flatten(table[name]))


def days_of(column: pa.ChunkedArray, text_format: str | None = None) -> NDArray[np.float64]:
    """Return days since 1970, nan where there is no time.

    Takes timestamps, dates, texts (in a format that is given, else in ISO 8601, or numbers), and
    numbers: Unix seconds or milliseconds.

    Raises
    ------
    EventFileError
        If there is no such format.
    """
    kind = column.type
    if text_format and pa.types.is_integer(kind):
        column, kind = column.cast(pa.string()), pa.string()  # 20240131, say
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return _days_of_texts(column, text_format)
    if pa.types.is_temporal(kind):
        return np.asarray(_days(column.cast(pa.timestamp("us")).to_numpy()))
    return _days_of_numbers(numbers(column))


def _days_of_texts(column: pa.ChunkedArray, text_format: str | None) -> NDArray[np.float64]:
    texts = column.to_pandas()
    try:
        parsed = pd.to_datetime(texts, errors="coerce", utc=True, format=text_format or "ISO8601")
    except ValueError as error:
        raise EventFileError(f"--time-format {text_format}: {error}") from error
    days = _days(parsed.dt.tz_localize(None).to_numpy())
    if text_format:
        return np.asarray(days)
    # "2024" is a year, but ten digits are seconds.
    as_numbers = np.where(
        texts.str.fullmatch(LONG_NUMBER).to_numpy(bool, na_value=False), numbers(column), np.nan
    )
    return np.where(np.isnan(as_numbers), days, _days_of_numbers(as_numbers))


def _days_of_numbers(seconds: NDArray[np.float64]) -> NDArray[np.float64]:
    milliseconds = np.abs(seconds) >= MILLISECONDS_FROM
    return np.where(milliseconds, seconds / 1_000, seconds) / SECONDS_PER_DAY


def _days(moments: NDArray[np.datetime64]) -> NDArray[np.float64]:
    since = moments - np.datetime64(0, "us")
    days = since / np.timedelta64(1, "D")
    return np.where(np.isnat(since), np.nan, days)


def numbers(column: pa.ChunkedArray) -> NDArray[np.float64]:
    """Return a column as numbers, nan where it holds none."""
    return np.asarray(pd.to_numeric(column.to_pandas(), errors="coerce"), np.float64)


def is_null(column: pa.ChunkedArray) -> Flags:
    """Return where a column holds nothing, nan included."""
    return np.asarray(column.is_null(nan_is_null=True).to_numpy(), bool)


@dataclass(frozen=True)
class ItemNames:
    """The columns' names in a file of items; without `texts`, all columns but the item's are text."""

    item: str
    texts: Sequence[str] = ()
    category: str | None = None


def read_items(path: Path, names: ItemNames, item_names: NDArray[Any]) -> Items:
    """Return what the file says of the items named, in their order; columns of lists are words.

    Raises
    ------
    EventFileError
        If the file can't be read or a column is missing.
    """
    table = read_table(path)
    texts = list(names.texts) or [name for name in table.column_names if name != names.item]
    table = chosen(table, [names.item, *texts, *filter(None, [names.category])], path)
    words = [_words(table[name]) for name in texts]
    rows = numbered(table[names.item].to_numpy(), item_names)
    documents = [""] * len(item_names)
    for row, parts in zip(rows.tolist(), zip(*words, strict=True), strict=True):
        if row >= 0:
            documents[row] = " ".join(part for part in parts if part)
    return Items(documents, _categories(table, names.category, rows, len(item_names)))


def _categories(
    table: pa.Table, name: str | None, rows: NDArray[np.int64], n_items: int
) -> NDArray[np.int64]:
    """Return each item's category as a number, -1 where there is none."""
    categories = np.full(n_items, NO_CATEGORY)
    if name is None:
        return categories
    numbers_of = table[name].combine_chunks().dictionary_encode().indices.fill_null(NO_CATEGORY)
    categories[rows[rows >= 0]] = numbers_of.to_numpy()[rows >= 0]
    return categories


def _words(column: pa.ChunkedArray) -> list[str]:
    """Return each row as text; an entry of a list is one word, told apart from a number elsewhere."""
    if not pa.types.is_list(column.type) and not pa.types.is_large_list(column.type):
        return ["" if value is None else str(value) for value in column.to_pylist()]
    return [
        " ".join(f"entry_{entry}".replace(" ", "_") for entry in value or ())
        for value in column.to_pylist()
    ]
