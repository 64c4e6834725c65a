"""What loaders share: files as SQL views, ids for text codes, raw rows written by day."""

import datetime as dt
import hashlib
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path

import duckdb
import pyarrow as pa

from features.schemas.row import LogRow

REJECT_REASON = "reject_reason"


class MissingInputError(ValueError):
    """A file or a column that the loader needs is not there; the message says what to do."""


class CodeCollisionError(ValueError):
    """Two codes got the same id."""


@dataclass
class LoadReport:
    """What a loader wrote. Lines of files and rows derived from them are counted apart."""

    n_lines_by_table: dict[str, int] = field(default_factory=dict)
    n_derived_by_table: dict[str, int] = field(default_factory=dict)
    n_rejected_by_reason: dict[str, int] = field(default_factory=dict)
    first_day: dt.date = dt.date.max
    last_day: dt.date = dt.date.min


@dataclass(frozen=True)
class Loading:
    """A load under way: SQL over the files, raw rows into `out`/raw."""

    sql: duckdb.DuckDBPyConnection
    out: Path
    report: LoadReport = field(default_factory=LoadReport)

    def write(self, row: type[LogRow], rows: str, *, derived: bool = False) -> None:
        """Write the rows of the query `rows` to the table of `row`, a folder for each day.

        The query has the table's columns but `date`, `occurred_at` and `recorded_at` with a time
        zone; its column `reject_reason` may be left out.
        """
        names = [name for name in row.model_fields if name != "date"]
        view = self.sql.sql(rows)
        reason = REJECT_REASON if REJECT_REASON in view.columns else "null"
        texts = ", ".join(_as_text(name) for name in names)
        table = f"raw_{row.table}_{'derived' if derived else 'lines'}"
        self.sql.execute(
            f"create temp table {table} as select {texts}, cast({reason} as varchar) as {REJECT_REASON}, "  # noqa: S608
            f"recorded_at::date as date from ({rows}) order by recorded_at, event_id"
        )
        self._count(row.table, table, derived=derived)
        folder = self.out / "raw" / row.table
        folder.mkdir(parents=True, exist_ok=True)
        self.sql.execute(
            f"copy {table} to '{_quoted(folder)}' (format parquet, compression zstd, "
            f"partition_by (date), overwrite_or_ignore, filename_pattern '{table}_{{i}}')"
        )

    def _count(self, name: str, table: str, *, derived: bool) -> None:
        report = self.report
        counts = report.n_derived_by_table if derived else report.n_lines_by_table
        n_rows, first, last = self._one(f"select count(*), min(date), max(date) from {table}")  # noqa: S608
        counts[name] = n_rows
        if n_rows:
            report.first_day, report.last_day = (
                min(report.first_day, first),
                max(report.last_day, last),
            )
        rejected = self.sql.execute(
            f"select {REJECT_REASON}, count(*) from {table} "  # noqa: S608
            f"where {REJECT_REASON} is not null group by 1 order by 1"
        )
        for reason, n_rejected in rejected.fetchall():
            report.n_rejected_by_reason[reason] = n_rejected

    def _one(self, query: str) -> tuple[int, dt.date, dt.date]:
        [(n_rows, first, last)] = self.sql.execute(query).fetchall()
        return n_rows, first, last

    def define_ids(self, view: str, codes: Iterable[str]) -> None:
        """Create the view (code, id) of the distinct codes."""
        ids = ids_of(codes)
        self._define(view, {"code": list(ids), "id": list(ids.values())})

    def define_cents(self, view: str, prices: Iterable[float | None]) -> None:
        """Create the view (price, cents) of the distinct prices."""
        known = [price for price in prices if price is not None]
        self._define(view, {"price": known, "cents": [cents(price) for price in known]})

    def column(self, query: str) -> list[str]:
        """Return the first column of a query's rows."""
        return [value for value, *_ in self.sql.execute(query).fetchall()]

    def floats(self, query: str) -> list[float]:
        """Return the first column of a query's rows."""
        return [value for value, *_ in self.sql.execute(query).fetchall()]

    def _define(
        self, view: str, columns: Mapping[str, list[str] | list[int] | list[float]]
    ) -> None:
        self.sql.register(view, pa.table(dict(columns)))


def open_files(data_dir: Path, out: Path, files: Mapping[str, tuple[str, str]]) -> Loading:
    """Start a load with a view of each file; its lines are numbered from 1 in column `line`.

    Parameters
    ----------
    data_dir
        Folder that holds the files, or holds the folder that does.
    out
        Folder whose `raw` is replaced.
    files
        For each view the path of its file below `data_dir` and the columns needed, with spaces
        between.

    Raises
    ------
    MissingInputError
        If a file or one of its columns is missing.
    """
    sql = duckdb.connect(config={"threads": 2})
    sql.execute("set timezone = 'UTC'; set partitioned_write_max_open_files = 2000")
    for view, (path, columns) in files.items():
        file = _find(data_dir, path)
        sql.execute(
            f"create view {view} as select * exclude (file_row_number), "  # noqa: S608
            f"file_row_number + 1 as line from read_parquet('{_quoted(file)}', "
            "file_row_number = true)"
        )
        _require(file, columns.split(), sql.table(view).columns)
    shutil.rmtree(out / "raw", ignore_errors=True)
    return Loading(sql, out)


def _find(data_dir: Path, path: str) -> Path:
    for file in (data_dir / path, data_dir / Path(path).name):
        if file.is_file():
            return file
    raise MissingInputError(
        f"{data_dir / path} is missing: name the folder that holds {path} with --data-dir"
    )


def _require(file: Path, needed: list[str], found: list[str]) -> None:
    missing = [name for name in needed if name not in found]
    if missing:
        raise MissingInputError(
            f"{file} has no column {', '.join(missing)}: it has {', '.join(found[:-1])}; "
            "rename the column or take the file as it was published"
        )


def ids_of(codes: Iterable[str]) -> dict[str, int]:
    """Return a positive id below 2^52 for each code, the same in every file and run.

    Raises
    ------
    CodeCollisionError
        If two codes get the same id: 1 in 10^5 for 300,000 codes.
    """
    ids = {code: id_of(code) for code in sorted(set(codes))}
    if len(set(ids.values())) < len(ids):
        raise CodeCollisionError("two codes have the same 52-bit hash: rename one of them")
    return ids


def id_of(code: str) -> int:
    """Return the first 52 bits of the code's BLAKE2b hash, plus one."""
    digest = hashlib.blake2b(code.encode(), digest_size=8).digest()
    return (int.from_bytes(digest, "big") >> 12) + 1


def cents(price: float) -> int:
    """Return a decimal price in cents, half cents to even: 0.125 is 12, 0.375 is 38."""
    return int((Decimal(repr(price)) * 100).quantize(Decimal(1), ROUND_HALF_EVEN))


def _as_text(name: str) -> str:
    if name in ("occurred_at", "recorded_at"):
        return f"strftime({name}, '%Y-%m-%dT%H:%M:%S+00:00') as {name}"
    return f"{name}::varchar as {name}"


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
