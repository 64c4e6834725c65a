"""The raw layer: batches of text rows, appended and never changed.

`raw/<batch>/<table>/date=YYYY-MM-DD/*.parquet`, every column as text. A batch is named by its
source and the position it ends at, so that the names are also the memory of what was collected,
and it appears by one rename: a killed collection is done again from the same position.
"""

import datetime as dt
import json
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F  # noqa: N812
from pyspark.sql.types import StringType, StructField, StructType

from features.expectations.reasons import REJECT
from jobs.partitions import count_rows

FIRST_POSITION = "0-0"
RawRow = Mapping[str, str | None]


@dataclass(frozen=True)
class RawBatches:
    """The batches below `root` (the lake's folder)."""

    root: Path

    @property
    def folder(self) -> Path:
        """Where the batches are."""
        return self.root / "raw"

    def names(self) -> list[str]:
        """Return the batches' names in order."""
        return sorted(path.name for path in self.folder.glob("[!.]*") if path.is_dir())

    def position(self, source: str) -> str:
        """Return the position up to which a source has been collected: two integers, 'a-b'."""
        ends = [name.removeprefix(f"{source}_") for name in self.names() if _is_of(name, source)]
        return max(ends, key=_numbers, default=FIRST_POSITION)

    def append(
        self, source: str, position: str, rows: Mapping[str, list[RawRow]], date: dt.date
    ) -> None:
        """Append rows by table as the batch of `date` that ends at `position`."""
        staged = self.folder / f".{source}_{position}"
        shutil.rmtree(staged, ignore_errors=True)
        for table, of_table in rows.items():
            folder = staged / table / f"date={date}"
            folder.mkdir(parents=True)
            pq.write_table(_text_table(of_table), folder / "part-0.parquet", compression="zstd")
        staged.mkdir(parents=True, exist_ok=True)
        staged.rename(self.folder / f"{source}_{position}")

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
        found = {
            path.name.removeprefix("date=") for path in self.folder.glob(f"[!.]*/{table}/date=*")
        }
        return sorted(dt.date.fromisoformat(day) for day in found)

    def read(
        self, spark: SparkSession, table: str, first: dt.date, last: dt.date
    ) -> DataFrame | None:
        """Return the rows of the days, text columns and `date`; None if there is no file at all."""
        paths = [str(path) for path in self._folders(table, first, last)]
        if not paths:
            return None
        rows = spark.read.schema(self._text_schema(paths)).parquet(*paths)
        day = F.substring_index(F.col("_metadata.file_path"), "/date=", -1).substr(1, 10)
        return rows.withColumn("date", day.cast("date"))

    def _text_schema(self, folders: list[str]) -> StructType:
        """Return all columns of the folders' files; a folder is written at once, so one file tells."""
        names: set[str] = set()
        for folder in folders:
            first = next(Path(folder).glob("*.parquet"), None)
            names |= set(pq.read_schema(first).names) if first else set()
        return StructType([StructField(name, StringType()) for name in sorted(names)])

    def n_rows(self, table: str, first: dt.date, last: dt.date) -> int:
        """Count the rows of the days, by the files' footers."""
        folders = self._folders(table, first, last)
        return count_rows(file for folder in folders for file in folder.glob("*.parquet"))

    def _folders(self, table: str, first: dt.date, last: dt.date) -> list[Path]:
        return [
            path
            for path in sorted(self.folder.glob(f"[!.]*/{table}/date=*"))
            if first <= dt.date.fromisoformat(path.name.removeprefix("date=")) <= last
        ]


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
    if unknown:
        row |= {"raw_body": body, REJECT: f"unknown field {unknown[0]}"}
    return row


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, sort_keys=True)


def _text_table(rows: list[RawRow]) -> pa.Table:
    names = sorted({name for row in rows for name in row})
    schema = pa.schema([(name, pa.string()) for name in names])
    return pa.Table.from_pylist([dict(row) for row in rows], schema=schema)


def _is_of(name: str, source: str) -> bool:
    return name.startswith(f"{source}_")


def _numbers(position: str) -> tuple[int, int]:
    first, second = position.split("-")
    return int(first), int(second)
