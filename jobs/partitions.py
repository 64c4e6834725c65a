"""The lake's folders: where a partition is and how it is published whole or not at all.

`<root>/<layer>/<table>/` holds folders `date=YYYY-MM-DD` and nothing else, so that any reader of
partitioned Parquet finds the published rows and only these. A day is written to `<root>/.staging/`
and swapped with the one before it (`jobs.swap`), which goes to `<root>/.versions/`.
"""

import contextlib
import datetime as dt
import os
import shutil
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import psutil
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from features.schemas.arrow import arrow_schema
from features.schemas.row import LogRow, Row
from jobs.swap import swap

Layer = Literal["raw", "validated", "quarantine", "derived"]
N_KEPT_VERSIONS = 1


class ForeignDayError(ValueError):
    """A writer brought rows of a day it was not asked to write."""


def days_between(first: dt.date, last: dt.date) -> list[dt.date]:
    """Return the days from `first` to `last`, both inclusive."""
    return [first + dt.timedelta(days=n) for n in range((last - first).days + 1)]


def layer_of(row: type[Row]) -> Layer:
    """Return the layer in which other jobs find a table's rows."""
    return "validated" if issubclass(row, LogRow) else "derived"


def count_rows(files: Iterable[Path]) -> int:
    """Return how many rows Parquet files hold, from their footers."""
    return sum(pq.read_metadata(file).num_rows for file in files)


@dataclass(frozen=True)
class Partitions:
    """The partitions below one root."""

    root: Path

    def folder(self, layer: Layer, table: str) -> Path:
        """Return a table's folder; it need not exist."""
        return self.root / layer / table

    def days(self, layer: Layer, table: str) -> list[dt.date]:
        """Return the days that have been published, in order."""
        found = self.folder(layer, table).glob("date=*")
        return sorted(dt.date.fromisoformat(day.name.removeprefix("date=")) for day in found)

    def is_below(self, n_bytes: int) -> bool:
        """Tell whether all tables together are smaller; looks no further once they are not.

        What workers put in place or take away meanwhile counts or does not.
        """
        total = 0
        for layer in get_args(Layer):
            for size in _sizes(self.root / layer):
                total += size
                if total >= n_bytes:
                    return False
        return True

    def versions(self, layer: Layer, table: str) -> list[str]:
        """Return a name for what is published of each day, in order: another after any new one."""
        days = sorted(self.folder(layer, table).glob("date=*"))
        return [f"{day.name}-{day.stat().st_ino}-{day.stat().st_mtime_ns}" for day in days]

    def staging(self, layer: Layer, table: str) -> Path:
        """Return a fresh folder to write into, and clear what killed writers left."""
        folder = self.root / ".staging" / layer / table
        folder.mkdir(parents=True, exist_ok=True)
        for left in folder.iterdir():
            if not psutil.pid_exists(int(left.name.split("-")[0])):
                shutil.rmtree(left, ignore_errors=True)
        fresh = folder / f"{os.getpid()}-{uuid.uuid4().hex}"
        fresh.mkdir()
        return fresh

    def publish(self, layer: Layer, table: str, staged: Path, days: Iterable[dt.date]) -> None:
        """Make the folders `date=…` of `staged` the partitions of `days`; no folder, no rows.

        Raises
        ------
        ForeignDayError
            If `staged` holds another day's folder; nothing is published then.
        """
        wanted = {f"date={day}" for day in days}
        found = {path.name for path in staged.glob("date=*")}
        if found - wanted:
            raise ForeignDayError(f"{table}: rows of {sorted(found - wanted)}, asked for {wanted}")
        for name in sorted(wanted):
            (staged / name).mkdir(exist_ok=True)
            kept = self.root / ".versions" / layer / table
            _publish_one(staged / name, self.folder(layer, table) / name, kept)
        shutil.rmtree(staged)

    def read(
        self,
        row: type[Row],
        first: dt.date | None,
        last: dt.date,
        columns: list[str] | None = None,
        where: ds.Expression | None = None,
    ) -> pa.Table:
        """Return the table's rows of `first` (or the first day there is) to `last`, inclusive.

        `where` leaves rows out as they are read.
        """
        schema = arrow_schema(row)
        # Only the days' own files are listed: a table may have years of others.
        files = [
            file
            for day in self.days(layer_of(row), row.table)
            if (first is None or first <= day) and day <= last
            for file in self.files(row, day)
        ]
        dates = ds.partitioning(pa.schema([("date", pa.date32())]), flavor="hive")
        table = ds.dataset(files, schema=schema, partitioning=dates, format="parquet")
        return table.to_table(columns=columns or schema.names, filter=where)

    def widen(self, row: type[Row]) -> list[dt.date]:
        """Write anew, with nulls, the days of before the table had its newest columns; return them.

        Readers that take the first file's columns for all, as Feast's does, then find every one.
        """
        layer, names = layer_of(row), set(arrow_schema(row).names) - {"date"}
        narrow = [
            day
            for day in self.days(layer, row.table)
            for file in self.files(row, day)[:1]
            if not names <= set(pq.read_schema(file).names)
        ]
        for day in narrow:
            self.write(row, self.read(row, day, day), day)
        return narrow

    def files(self, row: type[Row], day: dt.date) -> list[str]:
        """Return the Parquet files of a partition, in order; none of a day that has not been published."""
        folder = self.folder(layer_of(row), row.table) / f"date={day}"
        return sorted(map(str, folder.glob("*.parquet")))

    def n_rows(self, row: type[Row], day: dt.date) -> int:
        """Count a partition's rows, by the files' footers."""
        return count_rows(map(Path, self.files(row, day)))

    def write(self, row: type[Row], rows: pa.Table, date: dt.date) -> None:
        """Replace the table's partition of `date`. `rows` has the table's columns."""
        schema = arrow_schema(row)
        layer = layer_of(row)
        staged = self.staging(layer, row.table)
        (staged / f"date={date}").mkdir()
        written = rows.select(schema.names).cast(schema).drop_columns(["date"])
        pq.write_table(written, staged / f"date={date}" / "part-0.parquet", compression="zstd")
        self.publish(layer, row.table, staged, [date])


def _publish_one(staged_day: Path, published: Path, kept: Path) -> None:
    for folder in (published.parent, kept):
        folder.mkdir(parents=True, exist_ok=True)
    before = kept / f"{published.name}-{uuid.uuid4().hex}"
    swap(staged_day, published, before)
    _drop_old_versions(kept, published.name)


def _drop_old_versions(kept: Path, name: str) -> None:
    """Keep the version before the current one: it can be put back by hand."""
    by_age = sorted(kept.glob(f"{name}-*"), key=lambda path: path.stat().st_ctime_ns, reverse=True)
    for path in by_age[N_KEPT_VERSIONS:]:
        shutil.rmtree(path, ignore_errors=True)


def _sizes(folder: Path) -> Iterator[int]:
    """Yield the size of each Parquet file below a folder."""
    # Not Path.rglob, which ends with an error where a folder goes while it looks.
    for path, _, names in os.walk(folder):
        for name in names:
            if name.endswith(".parquet"):
                with contextlib.suppress(FileNotFoundError):
                    yield Path(path, name).stat().st_size
