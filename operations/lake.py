"""Reads of the lake's folders, `<layer>/<table>/date=YYYY-MM-DD/*.parquet`: bounded, one day at a time."""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import pyarrow.parquet as pq

Answer = TypeVar("Answer")
Row = dict[str, Any]
REASONS = "reasons"
N_TRIES = 3
N_AT_ONCE = 2_000
MAX_CHARACTERS = 1_000
"""Of a refused row's column that are shown."""


def days(lake: Path, layer: str, table: str) -> list[dt.date]:
    """Return the days that are published, the newest first."""
    found = (lake / layer / table).glob("date=*")
    return sorted((dt.date.fromisoformat(each.name[5:]) for each in found), reverse=True)


def tables(lake: Path, layer: str) -> list[str]:
    """Return the tables of a layer, by name."""
    return sorted(each.name for each in (lake / layer).glob("*") if each.is_dir())


def rows(lake: Path, layer: str, table: str, day: dt.date) -> list[Row]:
    """Return all rows of a small table's day."""
    files = (lake / layer / table / f"date={day}").glob("*.parquet")
    return [row for file in sorted(files) for row in pq.ParquetFile(file).read().to_pylist()]


def reasons(lake: Path, table: str, day: dt.date) -> tuple[int, Counter[str]]:
    """Return how many rows of a day were refused, and how many for each reason."""
    n_rows, counted = 0, Counter[str]()
    for batch in _batches(lake, table, day, [REASONS]):
        n_rows += len(batch)
        counted.update(reason for row in batch for reason in set(row[REASONS] or ()))
    return n_rows, counted


def refused(
    lake: Path, table: str, day: dt.date, reason: str, place: tuple[int, int]
) -> Sequence[Row]:
    """Return refused rows of a day as they came, with a list of `reasons`.

    Parameters
    ----------
    reason
        Only rows refused for it; "" for all.
    place
        How many of these to pass over, and how many to return.
    """
    first, limit = place
    found: list[Row] = []
    n_passed = 0
    for batch in _batches(lake, table, day, None):
        for row in batch:
            if reason and reason not in (row[REASONS] or ()):
                continue
            n_passed += 1
            if n_passed > first:
                found.append(row)
            if len(found) == limit:
                return found
    return found


def shown(value: object) -> str | None:
    """Return a column of a refused row as text, cut where it is very long."""
    if value is None:
        return None
    text = str(value)
    return text if len(text) <= MAX_CHARACTERS else f"{text[:MAX_CHARACTERS]}…"


def again(read: Callable[[], Answer]) -> Answer:
    """Return what is read; once more if the day was published anew meanwhile.

    Raises
    ------
    FileNotFoundError
        If it was again and again.
    """
    for _ in range(N_TRIES - 1):
        try:
            return read()
        except FileNotFoundError:
            continue
    return read()


def _batches(
    lake: Path, table: str, day: dt.date, columns: list[str] | None
) -> Iterator[list[Row]]:
    for file in sorted((lake / "quarantine" / table / f"date={day}").glob("*.parquet")):
        with pq.ParquetFile(file) as opened:
            for batch in opened.iter_batches(N_AT_ONCE, columns=columns):
                yield batch.to_pylist()
