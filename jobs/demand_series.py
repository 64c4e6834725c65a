"""Rows of `demand_history`: the estimates of products, and their parts by warehouse."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from features.schemas.arrow import arrow_schema
from features.schemas.lake import DemandHistory
from jobs.demand_learning import Learnt
from jobs.demand_window import DAY_US, WINDOW_DAYS, Floats, Ints, Movements, Window, window_of
from models.ids import rows_of

N_CORRECTED_DAYS = 28
MEDIAN_DAYS = 28


@dataclass(frozen=True)
class Places:
    """Rows to write: a product and a day of the window, and the warehouse series (-1: the whole shop)."""

    rows: Ints
    columns: Ints
    series: Ints


def rows_of_day(movements: Movements, day: int, learnt: Learnt) -> pa.Table:
    """Return partition `day` of the table for these products."""
    known = window_of(movements, day)
    rows, columns = changed(movements, known)
    found = places(known, rows, columns)
    hidden = np.maximum(learnt.demand(known) - known.units, 0)
    sold, returned, unmet = parts(known, found, hidden)
    price = price_cents(known)
    place = (found.rows, found.columns)
    values = {
        "product_id": known.product_ids[found.rows],
        "warehouse_id": np.append(known.warehouses.ids, 0)[found.series],
        "demand_date": pa.array(day - WINDOW_DAYS + 1 + found.columns, pa.int32()).cast(
            pa.date32()
        ),
        "n_units_sold": sold,
        "n_units_returned": returned,
        "hours_out_of_stock": hours_out(known, found),
        "demand_units": sold + unmet,
        "mean_price_cents": pa.array(price[place], mask=price[place] == 0),
        "discount_ratio": discounts(known, price, found),
        "category_id": _or_null(known.category_ids[place]),
        "seller_id": _or_null(known.seller_ids[place]),
        "date": pa.array(np.full(len(found.rows), day), pa.int32()).cast(pa.date32()),
    }
    return pa.table(values).cast(arrow_schema(DemandHistory))


def changed(movements: Movements, known: Window) -> tuple[Ints, Ints]:
    """Return products and days to write: all of the last day, and of earlier ones what became known on it.

    A product that is not listed has no row, unless something was sold or given back.
    """
    first = known.day - WINDOW_DAYS + 1
    wanted = np.zeros(known.shape, bool)
    wanted[:, -1] = True
    told = movements.known(first, known.day)
    for moves in (told.sales, told.returns, told.levels):
        column = moves["at"] // DAY_US - first
        late = (moves["date"] == known.day) & (column >= WINDOW_DAYS - N_CORRECTED_DAYS)
        wanted[rows_of(known.product_ids, moves["product_id"][late]), column[late]] = True
    is_there = known.is_listed | (known.units > 0) | (known.returned > 0)
    rows, columns = np.nonzero(wanted & is_there)
    return rows, columns


def places(known: Window, rows: Ints, columns: Ints) -> Places:
    """Return a place for each warehouse that was known of on the day, or one for the whole shop."""
    shops = known.warehouses
    first, last = (np.searchsorted(shops.rows, rows, side) for side in ("left", "right"))
    n_series = last - first
    which = np.repeat(np.arange(len(rows)), n_series)
    series = (
        first[which] + np.arange(len(which)) - np.repeat(np.cumsum(n_series) - n_series, n_series)
    )
    told = shops.since[series] <= columns[which]
    which, series = which[told], series[told]
    alone = np.setdiff1d(np.arange(len(rows)), which)
    which = np.concatenate([which, alone])
    series = np.concatenate([series, np.full(len(alone), -1)])
    order = np.lexsort((series, which))
    return Places(rows[which[order]], columns[which[order]], series[order])


def parts(known: Window, found: Places, hidden: Floats) -> tuple[Ints, Ints, Floats]:
    """Return units sold, given back and missed at each place; a product's places add up to its own.

    Sales are split as the levels of the day fell, returns and missed units as those of the window did.
    """
    place = (found.rows, found.columns)
    groups = np.unique(np.stack(place), axis=1, return_inverse=True)[1].ravel()
    usual = np.append(known.warehouses.n_sent.sum(axis=1), 0)[found.series] + 1
    of_day = np.vstack([known.warehouses.n_sent, np.zeros(WINDOW_DAYS)])[
        found.series, found.columns
    ]
    is_told = (np.bincount(groups, of_day) > 0)[groups]
    sold = split(known.units[place], np.where(is_told, of_day, usual), groups)
    returned = split(known.returned[place], usual, groups)
    share = usual / np.bincount(groups, usual)[groups]
    return sold, returned, hidden[place] * share


def split(totals: Floats, weights: Floats, groups: Ints) -> Ints:
    """Split each group's total (the same in its rows) into whole units, by largest remainders.

    Returns
    -------
    array
        Of a group's rows they sum to its total. Equal remainders go to the first row.
    """
    quota = totals * weights / np.bincount(groups, weights)[groups]
    whole = np.floor(quota + 1e-9)
    left = np.rint(totals - np.bincount(groups, whole)[groups]).astype(np.int64)
    order = np.lexsort((np.arange(len(groups)), whole - quota, groups))
    starts = np.searchsorted(groups[order], groups[order])
    rank = np.empty(len(groups), np.int64)
    rank[order] = np.arange(len(groups)) - starts
    return whole.astype(np.int64) + (rank < left)


def hours_out(known: Window, found: Places) -> Floats:
    """Return the hours out of stock at each place, 0 to 24."""
    whole = known.out.summed(known.shape[0])[found.rows, found.columns]
    n_series = len(known.warehouses.ids)
    there = known.warehouses.out.summed(n_series + 1)[found.series, found.columns]
    return np.clip(np.where(found.series < 0, whole, there), 0, 24)


def price_cents(known: Window) -> Floats:
    """Return the mean price of the units sold, the listed one where none was; 0 where neither is known."""
    has_sold = (known.units > 0) & (known.revenue_cents > 0)
    mean = known.revenue_cents / np.maximum(known.units, 1)
    return np.where(has_sold, mean, known.price_cents)


def discounts(known: Window, price: Floats, found: Places) -> Floats:
    """Return by how much each place's price is below the median of the prices of `MEDIAN_DAYS`."""
    ratios = np.zeros(len(found.rows))
    for column in np.unique(found.columns):
        of_day = found.columns == column
        rows = found.rows[of_day]
        listed = known.price_cents[rows, column - MEDIAN_DAYS + 1 : column + 1]
        has_any = (listed > 0).any(axis=1)
        usual = np.ones(len(rows))
        usual[has_any] = np.nanmedian(np.where(listed > 0, listed, np.nan)[has_any], axis=1)
        now = price[rows, column]
        ratios[of_day] = np.where(has_any & (now > 0), np.clip(1 - now / usual, 0, 1), 0)
    return ratios


def _or_null(ids: Ints) -> pa.Array:
    return pa.array(ids, mask=ids == 0)
