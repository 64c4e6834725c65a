"""The raw layer: batches of text rows, appended and never changed.

`raw/<batch>/<table>/date=YYYY-MM-DD/*.parquet`, every column as text. A batch is named by its
source and the position it ends at, so that the names are also the memory of what was collected,
and it appears by one rename: a killed collection is done again from the same position. Small ones are
merged later (`jobs.raw_merging`): `<source>_<after>_to_<end>` has all of the batches that end in
between, and these count no more, whether they are still there or not.
"""

import contextlib
import datetime as dt
import json
import os
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import pyarrow as pa
import pyarrow.parquet as pq

from features.schemas.row import REJECT
from jobs.locks import held
from jobs.partitions import count_rows

FIRST_POSITION = "0-0"
NAME = re.compile(r"(?P<source>.+?)_(?:(?P<after>\d+-\d+)_to_)?(?P<end>\d+-\d+)")
RawRow = Mapping[str, str | None]
Numbers = tuple[int, int]


@dataclass(frozen=True)
class Collected:
    """A batch's name taken apart: the source and where it ends; a merged one also where it begins."""

    name: str
    source: str
    end: Numbers
    after: Numbers | None

    @classmethod
    def of(cls, name: str) -> Self | None:
        """Return the parts of a name; None if it tells no position, as a loaded data set's."""
        found = NAME.fullmatch(name)
        if found is None:
            return None
        after = found["after"] and _numbers(found["after"])
        return cls(name, found["source"], _numbers(found["end"]), after or None)


@dataclass(frozen=True)
class RawBatches:
    """The batches below `root` (the lake's folder): all there are, or only `seen`."""

    root: Path
    seen: tuple[str, ...] | None = None

    @property
    def folder(self) -> Path:
        """Where the batches are."""
        return self.root / "raw"

    def collecting(self) -> contextlib.AbstractContextManager[bool]:
        """Wait until nobody else appends what is collected, and keep others out."""
        return held(self.folder / ".collecting")

    @contextlib.contextmanager
    def reading(self) -> Iterator[Self]:
        """Keep every batch where it is, and give those that are there now; many may."""
        with held(self.folder / ".reading", shared=True):
            yield replace(self, seen=tuple(self.names()))

    def unread(self) -> contextlib.AbstractContextManager[bool]:
        """Keep readers out, if there are none now: gives whether it does."""
        return held(self.folder / ".reading", wait=False)

    def names(self) -> list[str]:
        """Return the names, in order, of the batches that count."""
        if self.seen is not None:
            return [*self.seen]
        found = self._found()
        return sorted(found - covered(found))

    def _found(self) -> set[str]:
        return {path.name for path in self.folder.glob("[!.]*") if path.is_dir()}

    def merged_away(self) -> list[Path]:
        """Return the batches that count no more because another one has their rows."""
        return [self.folder / name for name in sorted(covered(self._found()))]

    def of_source(self, source: str) -> list[Collected]:
        """Return a source's batches by where they end."""
        parts = [Collected.of(name) for name in self.names()]
        return sorted((p for p in parts if p and p.source == source), key=lambda part: part.end)

    def position(self, source: str) -> str:
        """Return the position up to which a source has been collected: two integers, 'a-b'."""
        batches = self.of_source(source)
        return text_of(batches[-1].end) if batches else FIRST_POSITION

    def append(
        self, source: str, position: str, rows: Mapping[str, Sequence[RawRow]], date: dt.date
    ) -> None:
        """Append rows by table as the batch of `date` that ends at `position`."""
        tables = {table: text_table(of_table) for table, of_table in rows.items()}
        self.append_tables(source, position, tables, date)

    def append_tables(
        self, source: str, position: str, tables: Mapping[str, pa.Table], date: dt.date
    ) -> None:
        """Append text columns by table as the batch of `date` that ends at `position`."""
        with self.appearing(f"{source}_{position}") as staged:
            for table, rows in tables.items():
                file = part_file(staged, table, date)
                pq.write_table(rows, file, compression="zstd")
                to_disk(file)

    @contextlib.contextmanager
    def appearing(self, name: str) -> Iterator[Path]:
        """Give an empty folder to write to; when the block ends it is the batch `name`, at once."""
        staged = self.folder / f".{name}"
        shutil.rmtree(staged, ignore_errors=True)
        staged.mkdir(parents=True)
        yield staged
        for folder in (*staged.glob("*/*"), *staged.glob("*"), staged):
            to_disk(folder)
        staged.rename(self.folder / name)
        to_disk(self.folder)

    def adopt(self, name: str, folder: Path) -> None:
        """Move a folder of `<table>/date=…` in as the batch `name`, replacing one of that name."""
        self.folder.mkdir(parents=True, exist_ok=True)
        target, old = self.folder / name, self.folder / f".old-{name}"
        shutil.rmtree(old, ignore_errors=True)
        if target.exists():
            target.rename(old)
        folder.rename(target)
        shutil.rmtree(old, ignore_errors=True)

    def days(self, table: str) -> list[dt.date]:
        """Return the days for which there are raw rows, in order."""
        return sorted({day_of(path) for path in self._day_folders(table)})

    def n_rows(self, table: str, first: dt.date, last: dt.date) -> int:
        """Count the rows of the days, by the files' footers."""
        folders = self.folders(table, first, last)
        return count_rows(file for folder in folders for file in folder.glob("*.parquet"))

    def folders(self, table: str, first: dt.date, last: dt.date) -> list[Path]:
        """Return the folders that hold a table's rows of the days."""
        return [path for path in self._day_folders(table) if first <= day_of(path) <= last]

    def _day_folders(self, table: str) -> list[Path]:
        return [
            path for name in self.names() for path in (self.folder / name / table).glob("date=*")
        ]


def covered(names: Iterable[str]) -> set[str]:
    """Return which of the names a merged batch makes superfluous."""
    parts = [part for part in map(Collected.of, names) if part]
    # From the end, of those that end alike the widest first: spans lie in one another or apart.
    parts.sort(key=lambda part: (part.source, part.end, _width(part)), reverse=True)
    found, source, floor = set(), "", None
    for part in parts:
        if part.source != source:
            source, floor = part.source, None
        if floor is not None and part.end > floor:
            found.add(part.name)
        elif part.after is not None:
            floor = part.after
    return found


def _width(part: Collected) -> Numbers:
    first = part.after or part.end
    return part.end[0] - first[0], part.end[1] - first[1]


def part_file(batch: Path, table: str, date: dt.date) -> Path:
    """Return the file for a table's rows in a batch's folder, its folder made."""
    folder = batch / table / f"date={date}"
    folder.mkdir(parents=True)
    return folder / "part-0.parquet"


def day_of(folder: Path) -> dt.date:
    """Return the day of a folder `date=YYYY-MM-DD`."""
    return dt.date.fromisoformat(folder.name.removeprefix("date="))


def to_disk(path: Path) -> None:
    """Bring a file's bytes, or a folder's entries, to the disk: a source may forget them then."""
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def raw_row(body: str, names: Iterable[str]) -> RawRow:
    """Return a message as text by column; what can't be taken apart is kept whole with a reason."""
    try:
        message = json.loads(body)
    except ValueError:
        return {"raw_body": body, REJECT: "not JSON"}
    if not isinstance(message, dict):
        return {"raw_body": body, REJECT: "not a JSON object"}
    names = set(names)
    unknown = sorted(set(message) - names)
    row: dict[str, str | None] = {name: _text(message.get(name)) for name in names}
    if "\\u" in body and not _is_unicode(row):
        return {"raw_body": body, REJECT: "half of a character"}
    if unknown:
        row |= {"raw_body": body, REJECT: f"unknown field {unknown[0]}"}
    return row


def _is_unicode(row: RawRow) -> bool:
    """Tell whether the row can be written: JSON may name half of a character."""
    try:
        "".join(text for text in row.values() if text).encode()
    except UnicodeEncodeError:
        return False
    return True


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, sort_keys=True)


def text_table(rows: Sequence[RawRow]) -> pa.Table:
    """Return rows as columns of text, all that any row has, by name."""
    names = sorted({name for row in rows for name in row})
    schema = pa.schema([(name, pa.string()) for name in names])
    return pa.Table.from_pylist([dict(row) for row in rows], schema=schema)


def text_of(position: Numbers) -> str:
    """Return a position as names of batches have it."""
    return f"{position[0]}-{position[1]}"


def _numbers(position: str) -> Numbers:
    first, second = position.split("-")
    return int(first), int(second)
