"""Hold the forecasts that were kept against what came: demand_forecasts -> forecast_scores, and a page.

python -m jobs.score_forecasts --date 2024-05-01

A day's demand is scored as it was known by its own end, once for each forecast that was made of it.
What is wrong with the forecasts of late is in the report as `alarms`.
"""

import datetime as dt
import logging
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.schemas.arrow import arrow_schema
from features.schemas.lake import DemandForecast, ForecastScore, StockCost
from features.schemas.logs import ProductVersion
from jobs.cost_of_stock import stock_costs, summed
from jobs.forecast_page import model_of, page
from jobs.partitions import Partitions
from jobs.reading import newest
from jobs.reports import write_page, write_report
from jobs.runner import Dates, Settings, partitions, run
from jobs.shown_forecasts import WHOLE_SHOP, shown_forecasts, titles_of
from jobs.units_sold import UnitsSold, units_sold
from models.evaluation.forecast_accounts import (
    LEVELS,
    SUMS,
    Codes,
    Outcomes,
    added,
    alarms,
    measures,
    sums,
)
from models.evaluation.stock_costs import CostRates

MAX_AHEAD_DAYS = 28
N_SCORED_DAYS = 56
PACES = ("rare", "steady", "fast")
"""Sold in the 28 days before the forecast: less than one a week, than one a day, or more."""
PACE_UNITS = (4, 28)
NO_CATEGORY = "none"
log = logging.getLogger("score_forecasts")


def main(settings: Settings, dates: Dates) -> None:
    """Score the demand of the days, and tell of the last 56."""
    lake = partitions(settings)
    for day in dates.days():
        lake.write(ForecastScore, scores(lake, day), day)
        lake.write(StockCost, stock_costs(lake, day, CostRates()), day)
    first = dates.last - dt.timedelta(days=N_SCORED_DAYS - 1)
    rows = lake.read(ForecastScore, first, dates.last).to_pylist()
    found = alarms(by_day(rows))
    for name, sentence in found.items():
        log.warning("%s: %s", name, sentence)
    costs = summed(lake.read(StockCost, first, dates.last), titles_of(lake, dates.last))
    shown = shown_forecasts(lake, dates.last)
    html = page(rows, found, shown, costs, dates.last)
    write_page(settings.reports, "forecasts", dates.last, html)
    figures = {
        "n_scored": len(rows),
        "alarms": found,
        "stock": costs.total,
        "models": by_model(rows),
    }
    write_report(settings.reports, "score_forecasts", dates.last, figures)


def scores(lake: Partitions, day: dt.date) -> pa.Table:
    """Return the table `forecast_scores` of a day's demand."""
    sold = units_sold(lake, day, 2 * MAX_AHEAD_DAYS + 1)
    categories = categories_of(lake, day)
    made = [
        made_on
        for made_on in lake.days("derived", DemandForecast.table)
        if 0 < (day - made_on).days <= MAX_AHEAD_DAYS
    ]
    rows = [row for made_on in made for row in _scores(lake, sold, categories, made_on)]
    return pa.Table.from_pylist(rows, schema=arrow_schema(ForecastScore))


def categories_of(lake: Partitions, day: dt.date) -> dict[int, str]:
    """Return each product's category as known by the end of the day."""
    known = newest(lake.read(ProductVersion, None, day))
    ids = known["category_id"].to_pylist()
    return {
        product_id: NO_CATEGORY if category_id is None else str(category_id)
        for product_id, category_id in zip(known["product_id"].to_pylist(), ids, strict=True)
    }


def _scores(
    lake: Partitions, sold: UnitsSold, categories: dict[int, str], made_on: dt.date
) -> Iterator[dict[str, Any]]:
    """Yield the rows of one forecast of the last day of `sold`."""
    of_day = (pc.field("demand_date") == sold.last_day) & (pc.field("warehouse_id") == WHOLE_SHOP)
    kept = lake.read(DemandForecast, made_on, made_on, where=of_day)
    products = kept["product_id"].to_numpy()
    outcomes = _outcomes(kept, sold, made_on)
    for kind, names in {
        "all": ["all"] * len(products),
        "pace": _paces(sold, products, made_on),
        "category": [categories.get(each, NO_CATEGORY) for each in products.tolist()],
    }.items():
        segments, codes = np.unique(np.asarray(names, dtype=object), return_inverse=True)
        for row in _rows(outcomes, codes, segments.tolist()):
            version = kept["model_version"][0].as_py()
            yield row | {
                "made_on": made_on,
                "model_version": version,
                "segment_kind": kind,
                "date": sold.last_day,
            }


def _rows(outcomes: Outcomes, codes: Codes, segments: Sequence[str]) -> list[dict[str, Any]]:
    found = sums(outcomes, codes, len(segments))
    return [
        {"segment": segment, **{name: found[name][row] for name in SUMS}}
        for row, segment in enumerate(segments)
    ]


def _outcomes(kept: pa.Table, sold: UnitsSold, made_on: dt.date) -> Outcomes:
    """Return forecasts beside what was sold; the naive one is the same weekday last known then."""
    ahead = (sold.last_day - made_on).days
    weeks_back = -(-ahead // 7)
    products = kept["product_id"].to_numpy()
    return Outcomes(
        actual=sold.of(products, 0),
        mean=kept["mean_units"].to_numpy(),
        quantiles={level: kept[f"p{round(100 * level):02d}_units"].to_numpy() for level in LEVELS},
        naive=sold.of(products, 7 * weeks_back),
    )


def _paces(sold: UnitsSold, products: Codes, made_on: dt.date) -> list[str]:
    ahead = (sold.last_day - made_on).days
    units = sold.sum_of(products, ahead, MAX_AHEAD_DAYS)
    return [PACES[pace] for pace in np.digitize(units, PACE_UNITS)]


def by_day(rows: Sequence[dict[str, Any]]) -> list[dict[str, float]]:
    """Return the sums of each day over the forecasts made in the week before it, oldest first."""
    near = [row for row in rows if row["segment_kind"] == "all" and _ahead(row) <= 7]
    days = sorted({row["date"] for row in near})
    return [added([row for row in near if row["date"] == day]) for day in days]


def by_model(rows: Sequence[dict[str, Any]]) -> dict[str, dict[str, float]]:
    """Return the measures of each model, whatever it learned from, over all that was scored."""
    whole = [row for row in rows if row["segment_kind"] == "all"]
    return {
        name: measures(added([row for row in whole if model_of(row) == name]))
        for name in sorted({model_of(row) for row in whole})
    }


def _ahead(row: dict[str, Any]) -> int:
    return int((row["date"] - row["made_on"]).days)


if __name__ == "__main__":
    logging.basicConfig(level="INFO", stream=sys.stdout, format="%(name)s: %(message)s")
    run(main, __doc__)
