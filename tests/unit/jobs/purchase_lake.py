"""A lake with what the plan of purchases reads."""

import datetime as dt

import pyarrow as pa

from features.schemas.arrow import arrow_schema
from features.schemas.lake import DailyDemand, DemandForecast
from features.schemas.logs import ProductVersion, StockLevel

DAY = dt.date(2026, 5, 1)
NOON = dt.datetime(2026, 4, 1, 12, tzinfo=dt.UTC)


def write(lake, row, day, rows):
    """Write rows of which only the columns that matter are named; the others are 0, "" or null."""
    schema = arrow_schema(row)
    empty = {
        field.name: 0
        if pa.types.is_integer(field.type) or pa.types.is_floating(field.type)
        else None
        for field in schema
    }
    filled = [{**empty, "date": day, **each} for each in rows]
    lake.write(row, pa.Table.from_pylist(filled, schema=schema), day)


def fill(lake):
    """Make a lake in which products 1 and 2 sell three a day and are foreseen to go on so."""
    quantiles = {
        name: {"p05_units": 1.0, "p10_units": 1.0, "p50_units": 3.0}.get(name, 5.0)
        for name in arrow_schema(DemandForecast).names
        if name.startswith("p") and name.endswith("_units")
    }
    days = [DAY + dt.timedelta(days=n) for n in range(1, 8)]
    foreseen = [
        {"product_id": id_, "demand_date": day, "mean_units": 3.0, **quantiles}
        for id_ in (1, 2)
        for day in days
    ]
    write(lake, DemandForecast, DAY, foreseen)
    sold = [
        {"product_id": id_, "demand_date": DAY - dt.timedelta(days=n), "n_units_sold": 3, "revenue_cents": 3_000}
        for id_ in (1, 2)
        for n in range(84)
    ]  # fmt: skip
    write(lake, DailyDemand, DAY, sold)
    listed = [
        {
            "product_id": id_,
            "price_cents": 1_000,
            "status": status,
            "seller_id": 7,
            "occurred_at": NOON,
        }
        for id_, status in ((1, "published"), (2, "archived"), (3, "published"))
    ]
    write(lake, ProductVersion, DAY, listed)
    levels = [
        {"product_id": 1, "n_available": n, "occurred_at": NOON + dt.timedelta(hours=n)}
        for n in (2, 4)
    ]
    write(lake, StockLevel, DAY, levels)
