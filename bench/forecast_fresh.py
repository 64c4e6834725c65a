"""Fresh food: 50,000 products in stores, days 1-76 known, days 77-83 foreseen from day 76.

What chance alone leaves is the error of a forecast that knows each day's mean, if that is ours and tenths of the amounts are
sold one by one and independently; the spread of the larger series' errors is above that, so this is a lower bound.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from scipy.stats import poisson

from bench import forecast_fresh_hindsight
from bench.forecast_censoring import UNITS_PER_AMOUNT
from bench.table import Figure
from models.evaluation.forecasts import wape
from models.forecasting.backtest import measures
from models.forecasting.choosing import ChosenForecaster
from models.forecasting.families import Makers, references
from models.forecasting.gradient_boosting import GlobalTrees
from models.forecasting.panel import DAILY, Panel, Values
from models.forecasting.references import MovingMean

N_SERIES, N_DAYS = 50_000, 83
OPEN_HOURS = 16
KNOWN_DAYS, HORIZON = 76, 7
CODES = ("city_id", "store_id", "management_group_id", "third_category_id", "product_id")


def panel_of_file(data: Path) -> Panel:
    """Read all days; discounts, holidays and activities are plans, the weather is known afterwards."""
    table = pq.read_table(data / "freshretailnet" / "daily.parquet")

    def grid(name: str) -> NDArray[np.float32]:
        return np.asarray(table[name].to_numpy().reshape(N_SERIES, N_DAYS), np.float32)

    return Panel(
        units=grid("sale_amount"),
        seen=1 - grid("stock_hour6_22_cnt") / OPEN_HOURS,
        first=table["dt"][0].as_py(),
        rhythm=DAILY,
        known={
            "price": grid("discount"),
            "holiday": grid("holiday_flag"),
            "activity": grid("activity_flag"),
        },
        past={"rain": grid("precpt"), "temperature": grid("avg_temperature")},
        codes={name: _codes(table, name) for name in CODES},
    )


def _codes(table: pa.Table, name: str) -> NDArray[np.int64]:
    first = table[name].to_numpy()[::N_DAYS]
    return np.asarray(np.unique(first, return_inverse=True)[1], np.int64)


def trees(*, quick: bool) -> GlobalTrees:
    """Return the model."""
    return (
        GlobalTrees(n_rows=100_000, n_trees=60)
        if quick
        else GlobalTrees(n_rows=600_000, n_trees=200)
    )


def judged(panel: Panel, known_days: int, *, quick: bool) -> tuple[dict[str, float], ...]:
    """Return the measures of the model and of each reference over the week after `known_days`."""
    known = panel.until(known_days)
    makers: Makers = {"trees": lambda: trees(quick=quick), "mean_of_28": lambda: MovingMean(28)}
    forecast = ChosenForecaster(makers).fit(known, HORIZON).predict(known, HORIZON)
    days = slice(known_days, known_days + HORIZON)
    actual, seen = panel.units[:, days], panel.seen[:, days]
    naive = {name: make().locate(known, HORIZON) for name, make in references(panel.rhythm).items()}
    found = measures(actual, forecast, seen) | {
        "wape_all": wape(actual, forecast.point),
        "wape_of_chance": wape_of_chance(forecast.mean[seen >= 1] * UNITS_PER_AMOUNT),
    }
    return found, *(_of_naive(actual, seen, units) for units in naive.values())


def wape_of_chance(mean: Values) -> float:
    """Return the WAPE of Poisson's distributions beside their means; its mean error is De Moivre's."""
    return float((2 * mean * poisson.pmf(np.floor(mean), mean)).sum() / mean.sum())


def _of_naive(actual: Values, seen: Values, units: Values) -> dict[str, float]:
    full = seen >= 1
    return {"wape_all": wape(actual, units), "wape_in_stock": wape(actual[full], units[full])}


def figures(data: Path, *, quick: bool) -> list[Figure]:
    """Return the figures of the section."""
    panel = panel_of_file(data)
    if quick:
        panel = panel.rows(np.arange(0, N_SERIES, 10))
    panel = replace(panel, codes=compact(panel.codes))
    found, *naive = judged(panel, KNOWN_DAYS, quick=quick)
    best = {name: 100 * min(each[name] for each in naive) for name in naive[0]}
    return [
        Figure("fresh: WAPE, all days; best naive; aim 0.80", 100 * found["wape_all"], "%", best["wape_all"]),
        Figure("fresh: WAPE, in-stock days; best naive; aim 0.80", 100 * found["wape_in_stock"], "%", best["wape_in_stock"]),
        Figure("fresh: WAPE that chance alone leaves, in-stock days", 100 * found["wape_of_chance"], "%"),
        Figure("fresh: bias of the mean, in-stock days; aim within 3", 100 * found["bias"], "%"),
        Figure("fresh: coverage of the 80 % interval", 100 * found["coverage_80"], "%", 80),
        Figure("fresh: coverage of the 95 % interval", 100 * found["coverage_95"], "%", 95),
        *forecast_fresh_hindsight.figures(panel.until(KNOWN_DAYS)),
    ]  # fmt: skip


def compact(codes: Mapping[str, NDArray[np.int64]]) -> dict[str, NDArray[np.int64]]:
    """Return codes numbered from 0 without what is no more there."""
    return {name: np.unique(code, return_inverse=True)[1] for name, code in codes.items()}
