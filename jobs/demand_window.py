"""What happened to products, as matrices of products and days: the form in which demand is estimated."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from features.transforms.demand_history import LEVEL, RETURN, SALE, VERSION
from models.ids import rows_of

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Columns = dict[str, NDArray[Any]]

WINDOW_DAYS = 56
"""Days that an estimate looks back on, itself included."""
N_HOURS = 24
HOUR_US = 3_600_000_000
DAY_US = 24 * HOUR_US


@dataclass(frozen=True)
class OutOfStock:
    """Hours in which there was nothing to sell: row, column (day), hour of the day, part of it.

    A row is a product's or a warehouse's of a product.
    """

    rows: Ints
    columns: Ints
    hours: Ints
    parts: Floats

    def summed(self, n_rows: int, weights: Floats | float = 1.0) -> Floats:
        """Return the sum of weighted parts by row and day, shape (n_rows, `WINDOW_DAYS`)."""
        place = self.rows * WINDOW_DAYS + self.columns
        return _matrix(place, self.parts * weights, n_rows)


@dataclass(frozen=True)
class Warehouses:
    """Series of products that the log tells the warehouses of; none of others.

    Parameters
    ----------
    rows, ids
        Product (a row of the window) and warehouse of each series, in order.
    since
        First column of each: before, the log told nothing of the warehouse.
    n_sent
        Shape (n_series, `WINDOW_DAYS`): by how much the levels there fell by sales.
    out
        Its rows are series.
    """

    rows: Ints
    ids: Ints
    since: Ints
    n_sent: Floats
    out: OutOfStock


@dataclass(frozen=True)
class Window:
    """The `WINDOW_DAYS` days that end on `day`, as known by its end. Matrices are (n_products, days).

    Parameters
    ----------
    day
        In days since 1970.
    price_cents, category_ids, seller_ids
        Of the version in force at the end of the day; 0 where there was none, or it has none.
    by_hour
        Row, column, hour and units of all sales.
    """

    day: int
    product_ids: Ints
    units: Floats
    returned: Floats
    revenue_cents: Floats
    price_cents: Floats
    category_ids: Ints
    seller_ids: Ints
    is_listed: NDArray[np.bool_]
    by_hour: tuple[Ints, Ints, Ints, Floats]
    out: OutOfStock
    warehouses: Warehouses

    @property
    def shape(self) -> tuple[int, int]:
        """Products and days."""
        return self.units.shape[0], self.units.shape[1]

    @property
    def weekdays(self) -> Ints:
        """Weekday of each column; 0 is Monday."""
        # 1 January 1970 was a Thursday.
        return (self.day - WINDOW_DAYS + 1 + np.arange(WINDOW_DAYS) + 3) % 7


@dataclass(frozen=True)
class Movements:
    """Rows of `movements` by their kind, each in the order in which they happened."""

    sales: Columns
    returns: Columns
    levels: Columns
    versions: Columns

    def known(self, first: int, day: int) -> "Movements":
        """Return what was known by the end of `day`: sales and returns from `first` on, of others all."""
        return Movements(
            _known(self.sales, first, day),
            _known(self.returns, first, day),
            _known(self.levels, 0, day),
            _known(self.versions, 0, day),
        )

    def of(self, product_ids: Ints) -> "Movements":
        """Return those of some products."""
        return Movements(
            *(
                where(each, np.isin(each["product_id"], product_ids))
                for each in (self.sales, self.returns, self.levels, self.versions)
            )
        )


def where(columns: Columns, chosen: NDArray[np.bool_]) -> Columns:
    """Return the chosen rows."""
    return {name: values[chosen] for name, values in columns.items()}


def _known(columns: Columns, first: int, day: int) -> Columns:
    begin, end = np.searchsorted(columns["at"], (first * DAY_US, (day + 1) * DAY_US))
    recent = {name: values[begin:end] for name, values in columns.items()}
    return where(recent, recent["date"] <= day)


def movements_of(table: pa.Table) -> Movements:
    """Return the rows of `features.transforms.demand_history.movements` as arrays."""
    keys = ("occurred_at", "recorded_at", "event_id")
    in_order = table.sort_by([(key, "ascending") for key in keys])
    sales, returns, levels, versions = (
        in_order.filter(pc.equal(in_order["kind"], kind)) for kind in (SALE, RETURN, LEVEL, VERSION)
    )
    return Movements(
        _columns(sales, "units", "cents"),
        _columns(returns, "units"),
        _columns(levels, "units", "warehouse_id", "n_there", "is_sold"),
        _columns(versions, "cents", "category_id", "seller_id", "is_listed"),
    )


def _columns(table: pa.Table, *names: str) -> Columns:
    at = table["occurred_at"].cast(pa.timestamp("us", tz="UTC")).cast(pa.int64())
    dates = table["date"].cast(pa.int32()).cast(pa.int64())
    found = {"product_id": table["product_id"].to_numpy(), "at": at.to_numpy()}
    found["date"] = dates.to_numpy()
    for name in names:
        # Null is 0, or false.
        found[name] = table[name].cast(pa.int64()).fill_null(0).to_numpy()
    return found


def window_of(movements: Movements, day: int) -> Window:
    """Return the window of the days that end on `day`; what became known later is not looked at."""
    first = day - WINDOW_DAYS + 1
    known = movements.known(first, day)
    kinds = (known.sales, known.returns, known.levels, known.versions)
    product_ids = np.unique(np.concatenate([each["product_id"] for each in kinds]))
    sold, back, levels, versions = (_placed(each, product_ids, first) for each in kinds)
    n_products = len(product_ids)
    in_force = _in_force(versions, n_products)
    return Window(
        day=day,
        product_ids=product_ids,
        units=_summed(sold, "units", n_products),
        returned=_summed(back, "units", n_products),
        revenue_cents=_summed(sold, "cents", n_products),
        price_cents=_at(versions["cents"], in_force).astype(np.float64),
        category_ids=_at(versions["category_id"], in_force),
        seller_ids=_at(versions["seller_id"], in_force),
        is_listed=_at(versions["is_listed"], in_force).astype(bool),
        by_hour=(
            sold["row"],
            sold["column"],
            sold["at"] % DAY_US // HOUR_US,
            sold["units"].astype(np.float64),
        ),
        out=_out(levels["row"], levels["at"], levels["units"], first),
        warehouses=_warehouses(where(levels, levels["warehouse_id"] > 0), first),
    )


def _placed(columns: Columns, product_ids: Ints, first: int) -> Columns:
    """Return the columns with each one's row and column in the window; before its first day, below 0."""
    row = rows_of(product_ids, columns["product_id"])
    return {**columns, "row": row, "column": columns["at"] // DAY_US - first}


def _summed(moves: Columns, name: str, n_products: int) -> Floats:
    recent = where(moves, moves["column"] >= 0)
    place = recent["row"] * WINDOW_DAYS + recent["column"]
    return _matrix(place, recent[name].astype(np.float64), n_products)


def _matrix(place: Ints, values: Floats, n_rows: int) -> Floats:
    sums = np.bincount(place, values, n_rows * WINDOW_DAYS)
    return np.asarray(sums.reshape(n_rows, WINDOW_DAYS), np.float64)


def _in_force(versions: Columns, n_products: int) -> Ints:
    """Return which version was in force at the end of each day, -1 for none; they are in order of time."""
    found = np.full((n_products, WINDOW_DAYS), -1)
    place = (versions["row"], np.maximum(versions["column"], 0))
    np.maximum.at(found, place, np.arange(len(versions["row"])))
    return np.asarray(np.maximum.accumulate(found, axis=1))


def _at(values: NDArray[Any], places: Ints) -> NDArray[Any]:
    """Return the values at the places, 0 at -1."""
    return np.append(values, values.dtype.type(0))[places]


def _warehouses(levels: Columns, first: int) -> Warehouses:
    """Return the series of the levels that tell of a warehouse; levels are in order of time."""
    both = np.stack([levels["row"], levels["warehouse_id"]])
    pairs, starts, series = np.unique(both, axis=1, return_index=True, return_inverse=True)
    series, n_series = series.ravel(), pairs.shape[1]
    before = _before(series, levels["n_there"])
    fell = np.where(before >= 0, before - levels["n_there"], 1)
    moves = {"row": series, "column": levels["column"], "fell": np.maximum(fell, 0)}
    return Warehouses(
        rows=pairs[0],
        ids=pairs[1],
        since=np.maximum(levels["column"][starts], 0),
        n_sent=_summed(where(moves, levels["is_sold"] > 0), "fell", n_series),
        out=_out(series, levels["at"], levels["n_there"], first),
    )


def _before(series: Ints, values: Ints) -> Ints:
    """Return the value before each one of its series, -1 for the first."""
    order = np.argsort(series, kind="stable")
    found = np.full(len(values), -1)
    same = series[order][1:] == series[order][:-1]
    found[order[1:][same]] = values[order[:-1][same]]
    return found


def _out(series: Ints, at: Ints, n_available: Ints, first: int) -> OutOfStock:
    """Return the hours without a unit; a level holds until the series' next one, the last to the end.

    Before its first level nothing is known of a series, and it counts as in stock.
    """
    order = np.argsort(series, kind="stable")
    begin, rows, left = at[order], series[order], n_available[order]
    opens, closes = first * DAY_US, (first + WINDOW_DAYS) * DAY_US
    end = np.append(begin[1:], closes)
    end[:-1][rows[1:] != rows[:-1]] = closes
    begin, end = np.clip(begin, opens, closes) - opens, np.clip(end, opens, closes) - opens
    empty = (left == 0) & (end > begin)
    return _by_hour(rows[empty], begin[empty], end[empty])


def _by_hour(rows: Ints, begin: Ints, end: Ints) -> OutOfStock:
    """Cut intervals (microseconds from the first day's begin) at full hours."""
    first, last = begin // HOUR_US, (end - 1) // HOUR_US
    n_hours = last - first + 1
    which = np.repeat(np.arange(len(rows)), n_hours)
    hour = first[which] + np.arange(len(which)) - np.repeat(np.cumsum(n_hours) - n_hours, n_hours)
    covered = np.minimum(end[which], (hour + 1) * HOUR_US) - np.maximum(
        begin[which], hour * HOUR_US
    )
    return OutOfStock(rows[which], hour // N_HOURS, hour % N_HOURS, covered / HOUR_US)
