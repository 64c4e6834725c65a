"""Anybody's file of events: Parquet, CSV, TSV or JSON lines -> columns, and what was left out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.json
import pyarrow.parquet
from numpy.typing import NDArray

from models.evaluation.log import Columns, numbered
from models.retrieval.items import NO_CATEGORY, Items

SECONDS_PER_DAY = 86_400
MILLISECONDS_FROM = 1e11
"""Unix times from here on are milliseconds: as seconds they would be after the year 5100."""

Flags = NDArray[np.bool_]


class EventFileError(ValueError):
    """A file can't be read as events; the message says what to do."""


@dataclass(frozen=True)
class Names:
    """The columns' names in the file; what is None is not there."""

    user: str
    item: str
    time: str | None = None
    weight: str | None = None


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
    EventFileError
        If the file can't be read, a column is missing or no row is usable.
    """
    wanted = [name for name in (names.user, names.item, names.time, names.weight) if name]
    table = chosen(read_table(path), wanted, path)
    kind = table[names.item].type
    ordered = pa.types.is_list(kind) or pa.types.is_large_list(kind)
    if ordered:
        table = exploded(table, names.item)
    unusable = {f"no {name}": is_null(table[name]) for name in (names.user, names.item)}
    days = weights = None
    if names.time:
        days = days_of(table[names.time])
        unusable[f"{names.time} is no time"] = np.isnan(days)
    if names.weight:
        weights = numbers(table[names.weight])
        unusable[f"{names.weight} is not above 0"] = ~(weights > 0)
    left_out, kept = judged(unusable, table.num_rows)
    if not kept.any():
        raise EventFileError(f"{path} has no usable row: {left_out or 'it is empty'}")
    columns = Columns(
        users=table[names.user].filter(pa.array(kept)).to_numpy(),
        items=table[names.item].filter(pa.array(kept)).to_numpy(),
        weights=None if weights is None else weights[kept].astype(np.float32),
        days=None if days is None else days[kept],
        ordered=ordered,
    )
    return EventFile(columns, table.num_rows, left_out)


def judged(unusable: Mapping[str, Flags], n_rows: int) -> tuple[dict[str, int], Flags]:
    """Return how many rows are left out by their first reason, and which are kept."""
    kept = np.ones(n_rows, bool)
    left_out = {}
    for reason, flags in unusable.items():
        left_out[reason] = int((flags & kept).sum())
        kept &= ~flags
    return {reason: n for reason, n in left_out.items() if n}, kept


def read_table(path: Path) -> pa.Table:
    """Read a file by its suffix.

    Raises
    ------
    EventFileError
        If it is missing, broken or of a kind that is not read here.
    """
    readers = {
        ".parquet": pyarrow.parquet.read_table,
        ".csv": lambda path: _read_delimited(path, ","),
        ".tsv": lambda path: _read_delimited(path, "\t"),
        **dict.fromkeys((".json", ".jsonl", ".ndjson"), pyarrow.json.read_json),
    }
    if path.suffix not in readers:
        raise EventFileError(f"{path}: name a file that ends in {', '.join(readers)}")
    try:
        return readers[path.suffix](path)
    except (OSError, pa.ArrowInvalid) as error:
        raise EventFileError(f"{path} can't be read: {error}") from error


def _read_delimited(path: Path, delimiter: str) -> pa.Table:
    return pyarrow.csv.read_csv(
        path,
        parse_options=pyarrow.csv.ParseOptions(delimiter=delimiter),
        convert_options=pyarrow.csv.ConvertOptions(strings_can_be_null=True),
    )


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
        raise EventFileError(f"{path} has no column {', '.join(missing)}; it has: {has}")
    return table.select(list(dict.fromkeys(names)))


def exploded(table: pa.Table, name: str) -> pa.Table:
    """Return one row per entry of a column of lists."""
    rows = pc.list_parent_indices(table[name])
    others = table.drop_columns([name]).take(rows)
    return others.append_column(name, pc.list_flatten(table[name]))


def days_of(column: pa.ChunkedArray) -> NDArray[np.float64]:
    """Return days since 1970, nan where there is no time.

    Takes timestamps, dates, texts in ISO 8601, and numbers: Unix seconds or milliseconds.
    """
    kind = column.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        parsed = pd.to_datetime(column.to_pandas(), errors="coerce", utc=True, format="ISO8601")
        return np.asarray(_days(parsed.dt.tz_localize(None).to_numpy()))
    if pa.types.is_temporal(kind):
        return np.asarray(_days(column.cast(pa.timestamp("us")).to_numpy()))
    seconds = numbers(column)
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
