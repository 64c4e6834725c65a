"""Products whose forecasts people look at: the most wanted, and those that are out of stock first."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.schemas.lake import DemandForecast
from features.schemas.logs import ProductVersion, StockLevel
from jobs.partitions import Partitions
from jobs.reading import newest
from jobs.units_sold import Ids, Units, UnitsSold, units_sold

N_HISTORY_DAYS = 56
N_SHOWN = 6
WHOLE_SHOP = 0
FORESEEN = ("mean_units", "p10_units", "p90_units")
Values = Sequence[float | None]


@dataclass(frozen=True)
class ShownForecast:
    """A product's past and what is foreseen: by day, `sold` and `stock` up to the forecast's day.

    `stock` is at each day's end, None before the first level that is known; `days_of_cover` is how long
    it lasts at the mean forecast, None where no stock is known.
    """

    product_id: int
    title: str
    made_on: dt.date
    sold: Values
    stock: Values
    mean: Values
    low: Values
    high: Values
    days_of_cover: float | None


@dataclass(frozen=True)
class Foreseen:
    """The forecast of all products: arrays of shape (n_products, n_days)."""

    product_ids: Ids
    mean: Units
    low: Units
    high: Units


@dataclass(frozen=True)
class Past:
    """What was sold, and by product id the stock of each day and the title."""

    sold: UnitsSold
    stock: Mapping[int, Values]
    titles: Mapping[int, str]


def shown_forecasts(lake: Partitions, day: dt.date) -> list[ShownForecast]:
    """Return the products to show of the newest forecast up to `day`; none if there is none."""
    made = [d for d in lake.days("derived", DemandForecast.table) if d <= day]
    if not made:
        return []
    whole = pc.field("warehouse_id") == WHOLE_SHOP
    kept = lake.read(DemandForecast, made[-1], made[-1], where=whole)
    kept = kept.sort_by([("product_id", "ascending"), ("demand_date", "ascending")])
    products = np.unique(kept["product_id"].to_numpy())
    if not len(products):
        return []
    foreseen = Foreseen(
        products,
        *(kept[name].to_numpy().reshape(len(products), -1) for name in FORESEEN),
    )
    past = Past(
        units_sold(lake, made[-1], N_HISTORY_DAYS),
        stock_by_day(lake, made[-1], N_HISTORY_DAYS),
        titles_of(lake, day),
    )
    cover = days_of_cover(products, foreseen.mean, past.stock)
    rows = chosen(foreseen.mean.sum(axis=1), cover)
    return [_shown(row, foreseen, past, cover[row]) for row in rows]


def chosen(wanted: Units, cover: Sequence[float | None]) -> list[int]:
    """Return rows: the most wanted, then those whose stock lasts shortest; none twice."""
    most: list[int] = np.argsort(-wanted, kind="stable")[:N_SHOWN].tolist()
    known = [row for row, days in enumerate(cover) if days is not None and row not in most]
    return most + sorted(known, key=lambda row: (cover[row], row))[:N_SHOWN]


def days_of_cover(products: Ids, mean: Units, levels: Mapping[int, Values]) -> list[float | None]:
    """Return how many days the stock of each product lasts; at most the forecast's own days."""
    found: list[float | None] = []
    for product_id, days in zip(products.tolist(), mean, strict=True):
        stock = levels.get(product_id, [None])[-1]
        if stock is None:
            found.append(None)
            continue
        used = np.cumsum(days)
        n_whole = int(np.searchsorted(used, stock, side="right"))
        before = used[n_whole - 1] if n_whole else 0.0
        part = (stock - before) / days[n_whole] if n_whole < len(days) else 0.0
        found.append(float(n_whole + part))
    return found


def stock_by_day(lake: Partitions, day: dt.date, n_days: int) -> dict[int, list[float | None]]:
    """Return each product's units at the end of the `n_days` days up to `day`."""
    columns = ["product_id", "occurred_at", "event_id", "n_available"]
    known = lake.read(StockLevel, None, day, columns)
    known = known.sort_by([("occurred_at", "ascending"), ("event_id", "ascending")])
    ends = [day - dt.timedelta(days=n) for n in reversed(range(n_days))]
    found: dict[int, list[float | None]] = {}
    dates = known["occurred_at"].cast(pa.date32()).to_pylist()
    rows = zip(
        known["product_id"].to_pylist(), dates, known["n_available"].to_pylist(), strict=True
    )
    for product_id, date, n_available in rows:
        levels = found.setdefault(product_id, [None] * n_days)
        start = max(0, (date - ends[0]).days)
        levels[start:] = [n_available] * (n_days - start)
    return found


def titles_of(lake: Partitions, day: dt.date) -> dict[int, str]:
    """Return each product's title as known by the end of the day."""
    known = newest(lake.read(ProductVersion, None, day))
    return dict(zip(known["product_id"].to_pylist(), known["title"].to_pylist(), strict=True))


def _shown(row: int, foreseen: Foreseen, past: Past, cover: float | None) -> ShownForecast:
    ids = foreseen.product_ids[row : row + 1]
    product_id = int(ids[0])
    return ShownForecast(
        product_id=product_id,
        title=past.titles.get(product_id, str(product_id)),
        made_on=past.sold.last_day,
        sold=[float(past.sold.of(ids, ago)[0]) for ago in reversed(range(N_HISTORY_DAYS))],
        stock=past.stock.get(product_id, [None] * N_HISTORY_DAYS),
        mean=foreseen.mean[row].tolist(),
        low=foreseen.low[row].tolist(),
        high=foreseen.high[row].tolist(),
        days_of_cover=cover,
    )
