"""Anybody's file of sales -> rows that can be used, and every row that was not as it should be."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from emporium.event_files import LONG_NUMBER, chosen, days_of, numbers
from emporium.sales_texts import ISO, moments_of, numbers_of
from emporium.table_files import TableFileError, read_table

PRICE_JUMP = 5.0
"""A price so many times above or below its series' median is taken for another currency or unit."""
LARGEST_PERIOD_NUMBER, FIRST_COMPACT_DATE, LAST_COMPACT_DATE = 100_000, 10_000_101, 99_991_231
FAR_TIMES, FAR_DAYS = 10, 400
EPOCH = np.datetime64(0, "us")
WHOLE_SERIES = 0
"""In place of a row's number: the finding is of a series as a whole."""


@dataclass(frozen=True)
class SalesNames:
    """The columns' names in the file; what is empty is not there.

    Parameters
    ----------
    series
        Together they name a series: product, store.
    known
        Known of the future, too: promotions, holidays.
    static
        The same for all rows of a series: category, brand.
    hidden, hidden_of
        How much of the period the product was out of stock, and how much is the whole of it.
    date_format
        Of dates that are texts, as `strptime` takes it; None: ISO 8601, or what most of them are in.
    """

    series: Sequence[str]
    date: str
    value: str
    price: str | None = None
    known: Sequence[str] = ()
    static: Sequence[str] = ()
    hidden: str | None = None
    hidden_of: float = 1.0
    date_format: str | None = None


@dataclass
class Findings:
    """What was not as it should be: a line for each row, numbered from 1, or for a series as a whole."""

    lines: list[pd.DataFrame] = field(default_factory=list)

    def add(self, rows: pd.DataFrame, reason: str, done: str) -> None:
        """Note rows of a table whose index is the row's number and that has a column `series`."""
        if len(rows):
            self.lines.append(
                pd.DataFrame(
                    {"row": rows.index, "series": rows["series"].to_numpy(), "reason": reason, "done": done}
                )
            )  # fmt: skip

    def of_series(self, series: Sequence[str], reason: str, done: str) -> None:
        """Note whole series."""
        self.add(pd.DataFrame({"series": series}, index=[WHOLE_SERIES] * len(series)), reason, done)

    def table(self) -> pd.DataFrame:
        """Return all lines by row."""
        if not self.lines:
            return pd.DataFrame(columns=["row", "series", "reason", "done"])
        return pd.concat(self.lines).sort_values("row", kind="stable", ignore_index=True)

    def counts(self) -> dict[str, int]:
        """Return how many lines there are of each reason."""
        return {str(name): int(n) for name, n in self.table()["reason"].value_counts().items()}


@dataclass(frozen=True)
class SalesRows:
    """Rows that can be used: `series`, `day`, `value`, `price`, `hidden`, `known_*`, `static_*`.

    `numbered`: the dates were numbers of periods, not days. `date_format`: in which texts were read.
    """

    rows: pd.DataFrame
    findings: Findings
    n_rows: int
    numbered: bool
    date_format: str = ISO


def read_sales(path: Path, names: SalesNames) -> SalesRows:
    """Read sales and judge every row.

    Raises
    ------
    TableFileError
        If the file can't be read, a column is missing, or no row is usable.
    """
    wanted = [*names.series, names.date, names.value, *names.known, *names.static]
    wanted += [name for name in (names.price, names.hidden) if name]
    table = chosen(read_table(path), wanted, path)
    rows, numbered, date_format = _typed(table, names)
    findings = Findings()
    kept = _usable(rows, findings, names)
    if not kept["value"].notna().any():
        raise TableFileError(f"{path} has no usable row: {_why_none(findings, table, names)}")
    _note_unread(table, kept, findings, names)
    _check_hidden(kept, findings, names)
    _check_prices(kept, findings)
    _check_static(kept, findings, names)
    return SalesRows(kept, findings, table.num_rows, numbered, date_format)


def _why_none(findings: Findings, table: pa.Table, names: SalesNames) -> str:
    """Return the reasons, with an example of each column that is at fault, and what to do."""
    counts = findings.counts()
    why = ", ".join(f"{reason} ({n:,} rows)" for reason, n in counts.items())
    for column, kind, cure in (
        (names.date, "date", "say how to read them by --date-format"),
        (names.value, "number", "name a column of numbers by --value"),
    ):
        if f"{column} is no {kind}" in counts:
            given = (each for each in table[column].to_pylist() if each is not None)
            why += f"; {kind}s look like {next(given, None)!r}: {cure}"
    return why or "it is empty"


def _typed(table: pa.Table, names: SalesNames) -> tuple[pd.DataFrame, bool, str]:
    """Return the rows with numbers where there should be some, nan where there is none."""
    found = pd.DataFrame(index=pd.RangeIndex(1, table.num_rows + 1))
    parts = [_texts(table[name]) for name in names.series]
    for name, part in zip(names.series, parts, strict=True):
        found[f"key_{name}"] = part
    found["series"] = parts[0]
    for part in parts[1:]:
        found["series"] = found["series"] + " / " + part
    found["day"], numbered, date_format = _days(table[names.date], names.date_format)
    found["given"] = ~table[names.value].is_null(nan_is_null=True).to_numpy()
    found["value"] = _numbers(table, names.value)
    found["price"] = _numbers(table, names.price)
    found["hidden"] = _numbers(table, names.hidden) / names.hidden_of
    for name in names.known:
        found[f"known_{name}"] = _numbers(table, name)
    for name in names.static:
        found[f"static_{name}"] = _texts(table[name])
    return found, numbered, date_format


def _texts(column: pa.ChunkedArray) -> "pd.Series[str]":
    texts: pd.Series[str] = column.cast(pa.string()).to_pandas().astype("string").str.strip()
    texts.index = pd.RangeIndex(1, len(texts) + 1)
    return texts.mask(texts == "")


def _numbers(table: pa.Table, name: str | None) -> np.ndarray:
    if name is None:
        return np.full(table.num_rows, np.nan)
    column = table[name]
    if pa.types.is_boolean(column.type):
        column = column.cast(pa.int8())
    found = numbers_of(_texts(column)) if pa.types.is_string(column.type) else numbers(column)
    return np.where(np.isinf(found), np.nan, found)


def _days(column: pa.ChunkedArray, text_format: str | None) -> tuple[np.ndarray, bool, str]:
    """Return whole days since 1970, nan where there is no date, whether they are numbers of periods, and their format.

    Small numbers are those of periods.
    """
    kind = column.type
    if pa.types.is_string(kind) or (text_format and pa.types.is_integer(kind)):
        return _days_of_texts(_texts(column), text_format)
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        values = numbers(column)
        if np.nanmax(np.abs(values), initial=0) < LARGEST_PERIOD_NUMBER:
            return np.where(values % 1 == 0, values, np.nan), True, ISO
        if np.nanmin(values) >= FIRST_COMPACT_DATE and np.nanmax(values) <= LAST_COMPACT_DATE:
            texts = [None if np.isnan(each) else f"{each:.0f}" for each in values]
            return np.floor(days_of(pa.chunked_array([texts], pa.string()), "%Y%m%d")), False, ISO
    return np.floor(days_of(column)), False, ISO


def _days_of_texts(
    texts: "pd.Series[str]", text_format: str | None
) -> tuple[np.ndarray, bool, str]:
    """Return the same of texts; ten digits among them are seconds."""
    moments, read_as = moments_of(texts, text_format)
    days = np.where(np.isnat(moments), np.nan, (moments - EPOCH) / np.timedelta64(1, "D"))
    if text_format is None:
        long = texts.where(texts.str.fullmatch(LONG_NUMBER).fillna(value=False).astype(bool))
        seconds = pa.chunked_array([pa.array(long.astype(object), pa.string()).cast(pa.float64())])
        days = np.where(np.isnan(days), days_of(seconds), days)
    return np.floor(days), False, read_as


def _usable(rows: pd.DataFrame, findings: Findings, names: SalesNames) -> pd.DataFrame:
    """Return the rows that can be used; each of the others is noted with its first reason."""
    reasons = {
        f"no {' or '.join(names.series)}": rows["series"].isna(),
        f"{names.date} is no date": rows["day"].isna(),
        f"{names.date} is far from all others": _far(rows["day"]),
        f"{names.value} is no number": rows["given"] & rows["value"].isna(),
        f"{names.value} is negative": rows["value"] < 0,
    }
    kept = pd.Series(data=True, index=rows.index)
    for reason, bad in reasons.items():
        findings.add(rows[kept & bad], reason, "left out")
        kept &= ~bad
    return rows[kept].copy()


def _far(days: "pd.Series[float]") -> "pd.Series[bool]":
    """Return which dates lie years outside of the middle half of all: one slip must not make a panel of centuries."""
    known = days.dropna().to_numpy()
    first, last = np.quantile(known, [0.25, 0.75]) if len(known) else (0.0, 0.0)
    reach = max(FAR_TIMES * (last - first), FAR_DAYS)
    return (days < first - reach) | (days > last + reach)


def _note_unread(
    table: pa.Table, rows: pd.DataFrame, findings: Findings, names: SalesNames
) -> None:
    """Note rows whose price, time out of stock or known column holds something that is no number."""
    columns = {names.price: "price", names.hidden: "hidden"}
    columns |= {name: f"known_{name}" for name in names.known}
    for name, column in columns.items():
        if name is not None:
            given = ~table[name].is_null(nan_is_null=True).to_numpy()
            unread = given[rows.index - 1] & rows[column].isna()
            findings.add(rows[unread], f"{name} is no number", "used without it")


def _check_hidden(rows: pd.DataFrame, findings: Findings, names: SalesNames) -> None:
    outside = rows["hidden"].notna() & ~rows["hidden"].between(0, 1)
    reason = f"{names.hidden} is not from 0 to {names.hidden_of:g}: see --hidden-of"
    findings.add(rows[outside], reason, "taken as in stock")
    rows.loc[outside, "hidden"] = 0.0


def _check_prices(rows: pd.DataFrame, findings: Findings) -> None:
    nothing = rows["price"] <= 0
    findings.add(rows[nothing], "price is not above 0", "used without a price")
    rows.loc[nothing, "price"] = np.nan
    ratio = rows["price"] / rows.groupby("series")["price"].transform("median")
    jumps = (ratio > PRICE_JUMP) | (ratio < 1 / PRICE_JUMP)
    reason = f"price is {PRICE_JUMP:g} times its series' median, or a fifth: another currency?"
    findings.add(rows[jumps], reason, "used without a price")
    rows.loc[jumps, "price"] = np.nan


def _check_static(rows: pd.DataFrame, findings: Findings, names: SalesNames) -> None:
    """Give every series one value of what should not change: its most frequent."""
    for name in names.static:
        column = f"static_{name}"
        counts = rows.groupby(["series", column]).size().sort_values(ascending=False, kind="stable")
        most = counts.reset_index().drop_duplicates("series").set_index("series")[column]
        usual = rows["series"].map(most)
        other = rows[column].notna() & (rows[column] != usual)
        findings.add(rows[other], f"another {name} than most rows of its series", "taken as theirs")
        rows[column] = usual
