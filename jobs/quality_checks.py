"""What the lake alone tells of its quality: days, quarantine, units, leaks, drift."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence, Set

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from features.schemas.lake import (
    CategoryLists,
    DailyDemand,
    Interaction,
    ItemLists,
    ProductFeatures,
    UserFeatures,
)
from features.schemas.logs import LOGS, ClickstreamEvent, OrderLine
from features.schemas.row import LogRow, Row
from jobs.partitions import Partitions, layer_of
from jobs.quality import Bounds, Finding, Model
from models.evaluation.shift import shift
from models.ids import rows_of
from models.recommender import PRODUCT_COLUMNS, USER_COLUMNS

Numbers = NDArray[np.float64]

DAILY: Mapping[type[Row], Model] = {
    OrderLine: "data",
    ClickstreamEvent: "data",
    Interaction: "recommender",
    ProductFeatures: "recommender",
    UserFeatures: "recommender",
    ItemLists: "recommender",
    DailyDemand: "demand",
}
"""Tables with rows of every day, once there are some."""
KNOWN_AT: Mapping[type[Row], str] = {
    ProductFeatures: "available_at",
    UserFeatures: "available_at",
    ItemLists: "available_at",
    CategoryLists: "available_at",
    Interaction: "last_at",
}
"""What is learned from, and the column that tells when its rows were known."""
TRAINED_ON: Mapping[type[Row], tuple[str, ...]] = {
    ProductFeatures: PRODUCT_COLUMNS,
    UserFeatures: USER_COLUMNS,
}
N_DAYS, N_DAYS_BEFORE = 7, 28
WEEK = dt.timedelta(days=7)
POWERS = (-3.0, -2.0, -1.0, 1.0, 2.0, 3.0)
POWER_WIDTH = 0.01
"""In logarithms to base ten: within about 2 % of the power."""
N_ENOUGH = 50
"""Of fewer values no distribution is compared."""


def missing_days(lake: Partitions, day: dt.date, bounds: Bounds) -> Iterator[Finding]:
    """Yield how many days of the week that ends on `day` each daily table has no rows of.

    A table counts as daily if it has rows of half of the days of five weeks, or of those since its first.
    """
    week = [day - dt.timedelta(days=n) for n in range(N_DAYS)][::-1]
    before = [week[0] - dt.timedelta(days=n + 1) for n in range(N_DAYS_BEFORE)]
    for row, model in DAILY.items():
        there = set(lake.days(layer_of(row), row.table)).intersection([*before, *week])
        filled = {each for each in there if lake.n_rows(row, each)}
        since = [each for each in (*before, *week) if filled and each >= min(filled)]
        if 2 * len(filled & set(since)) < max(len(since), N_DAYS):
            continue
        missing = [each for each in week if each in since and is_missing(each, filled)]
        named = ", ".join(map(str, missing)) or "no day"
        sentence = f"{row.table} has no rows of {named}"
        yield Finding("missing_day", row.table, model, len(missing), bounds.missing_days, sentence)


def is_missing(day: dt.date, filled: Set[dt.date]) -> bool:
    """Tell whether a day has no rows though half of the same weekdays before it had: shops close on Sundays."""
    same = [day - n * WEEK for n in range(1, 5)]
    known = [each for each in same if each >= min(filled)]
    return day not in filled and 2 * len(filled & set(known)) >= len(known)


def quarantined(lake: Partitions, day: dt.date, bounds: Bounds) -> Iterator[Finding]:
    """Yield the share of each log's rows that is in quarantine."""
    for row in LOGS:
        n_good, n_bad = (_n_rows(lake, layer, row, day) for layer in ("validated", "quarantine"))
        if n_good + n_bad:
            ratio = n_bad / (n_good + n_bad)
            sentence = f"{n_bad} of {n_good + n_bad} rows of {row.table} are in quarantine"
            yield Finding("quarantine", row.table, "data", ratio, bounds.quarantine_ratio, sentence)


def _n_rows(lake: Partitions, layer: str, row: type[LogRow], day: dt.date) -> int:
    files = (lake.root / layer / row.table / f"date={day}").glob("*.parquet")
    return sum(pa.parquet.read_metadata(file).num_rows for file in files)


def units(lake: Partitions, day: dt.date, bounds: Bounds) -> Iterator[Finding]:
    """Yield the shares of prices that look as if they were of another unit than a week before."""
    before = _prices(
        lake.read(ProductFeatures, day - WEEK, day - WEEK, ["product_id", "price_cents"])
    )
    for row, name in (
        (ProductFeatures, "price_cents"),
        (OrderLine, "unit_price_cents"),
        (ClickstreamEvent, "price_shown_cents"),
    ):
        now = _prices(lake.read(row, day, day, ["product_id", name]))
        ids, places = np.unique(now[0], return_index=True)
        ratios = _ratios(before, (ids, now[1][places]))
        if len(ratios):
            share = float(of_another_unit(ratios).mean())
            subject = f"{row.table}.{name}"
            sentence = f"{share:.1%} of {len(ratios)} prices of {subject} are a power of ten off"
            yield Finding("unit_mismatch", subject, "data", share, bounds.unit_ratio, sentence)


def of_another_unit(ratios: Numbers) -> NDArray[np.bool_]:
    """Return which ratios are nearly a power of ten, 1 apart."""
    exponents = np.log10(ratios)
    return np.asarray((np.abs(exponents[:, None] - np.array(POWERS)) < POWER_WIDTH).any(axis=1))


def _prices(table: pa.Table) -> tuple[NDArray[np.int64], Numbers]:
    """Return products and prices, of known and positive ones."""
    product, price = table.column_names
    known = table.filter(pc.field(product).is_valid() & (pc.field(price) > 0))
    ids = np.asarray(known[product].to_numpy(), np.int64)
    order = np.argsort(ids, kind="stable")
    return ids[order], np.asarray(known[price].to_numpy(), np.float64)[order]


def _ratios(
    before: tuple[NDArray[np.int64], Numbers], now: tuple[NDArray[np.int64], Numbers]
) -> Numbers:
    rows = rows_of(before[0], now[0])
    return np.asarray(now[1][rows >= 0] / before[1][rows[rows >= 0]])


def leaks(lake: Partitions, day: dt.date, bounds: Bounds) -> Iterator[Finding]:
    """Yield the shares of a day's rows that know of what came after it."""
    end = dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), dt.UTC)
    for row, name in KNOWN_AT.items():
        moments = lake.read(row, day, day, [name])[name]
        if len(moments):
            share = later_ratio(moments, end)
            sentence = f"{share:.1%} of {row.table}'s rows of the day have {name} after its end"
            yield Finding(
                "leak", f"{row.table}.{name}", "recommender", share, bounds.leak_ratio, sentence
            )


def later_ratio(moments: pa.ChunkedArray, event_at: dt.datetime) -> float:
    """Return the share of moments that are later than the event they are known at."""
    late = pc.greater(moments, pa.scalar(event_at, moments.type))
    return float(pc.mean(pc.cast(late, pa.float64())).as_py() or 0.0)


def drifts(
    lake: Partitions, trained_on: dt.date, day: dt.date, apart: Sequence[str], bounds: Bounds
) -> Iterator[Finding]:
    """Yield how far each feature that rankers see is from what it was on the day that taught them.

    Parameters
    ----------
    apart
        Columns that other alerts tell of already.
    """
    for row, names in TRAINED_ON.items():
        before, now = (lake.read(row, each, each, [*names]) for each in (trained_on, day))
        if min(len(before), len(now)) < N_ENOUGH:
            continue
        for name in names:
            subject = f"{row.table}.{name}"
            if subject not in apart:
                yield _drift(subject, _values(before[name]), _values(now[name]), trained_on, bounds)


def _drift(
    subject: str, before: Numbers, now: Numbers, trained_on: dt.date, bounds: Bounds
) -> Finding:
    found = shift(before, now)
    # The index sees shares, nan among them; what chance explains of the rest is none.
    unknown = abs(np.isnan(before).mean() - np.isnan(now).mean())
    value = 0.0 if found.is_chance and unknown < 0.05 else found.psi
    sentence = (
        f"{subject}: stability index {found.psi:.3f} and KS {found.ks:.3f} against {trained_on}, the day "
        "that taught the model"
    )
    return Finding("drift", subject, "recommender", value, bounds.drift_psi, sentence)


def _values(column: pa.ChunkedArray) -> Numbers:
    return np.array(pc.cast(column, pa.float64(), safe=False).to_numpy(), np.float64)
