"""Orange juice: 12 rounds, 11 brands in 83 stores, weeks 137-160 foreseen 2 and 3 weeks ahead.

A round knows all weeks up to two before the first it foresees. Known of the future are prices, deals and
features, as in the others' submissions, whose forecasts are in the folder and are judged here again.
"""

import datetime as dt
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
from numpy.typing import NDArray

from bench.table import Figure
from models.evaluation.forecasts import mape
from models.forecasting.backtest import joined, measures
from models.forecasting.choosing import ChosenForecaster
from models.forecasting.contract import Forecast
from models.forecasting.elasticities import Elasticities
from models.forecasting.families import Makers
from models.forecasting.gradient_boosting import GlobalTrees
from models.forecasting.panel import WEEKLY, Panel

FIRST_WEEK, N_WEEKS, N_BRANDS = 40, 121, 11
FIRST_DAY = dt.date(1990, 6, 14)
ROUNDS = tuple(range(137, 161, 2))
"""The first of the two weeks that each foresees."""
AHEAD = 3
REFIT = 4
N_ORIGINS = 6


def panel_of_file(data: Path) -> Panel:
    """Read all weeks; the file has one row less for each store, brand and week not recorded."""
    sales = pq.read_table(data / "orange_juice" / "oj_sales.parquet").to_pandas()
    stores, store = np.unique(sales["store"], return_inverse=True)
    brand = sales["brand"].to_numpy() - 1
    places = store * N_BRANDS + brand, sales["week"].to_numpy() - FIRST_WEEK
    prices = sales[[f"price{n}" for n in range(1, N_BRANDS + 1)]].to_numpy()

    def grid(values: NDArray[np.floating]) -> NDArray[np.float32]:
        found = np.full((len(stores) * N_BRANDS, N_WEEKS), np.nan, np.float32)
        found[places] = values
        return found

    units = grid(sales["units"].to_numpy(float))
    return Panel(
        units=np.nan_to_num(units),
        seen=np.isfinite(units).astype(np.float32),
        first=FIRST_DAY,
        rhythm=WEEKLY,
        known={
            "price": grid(prices[np.arange(len(sales)), brand]),
            "deal": grid(sales["deal"].to_numpy(float)),
            "feat": grid(sales["feat"].to_numpy(float)),
        },
        codes={
            "store": np.repeat(np.arange(len(stores)), N_BRANDS),
            "brand": np.tile(np.arange(N_BRANDS), len(stores)),
        },
    )


def foreseen(panel: Panel, rounds: tuple[int, ...], *, quick: bool) -> Forecast:
    """Return the forecasts of all rounds, one below the other; the model is fitted every few rounds."""
    trees = GlobalTrees(
        loss="relative",
        n_rows=20_000 if quick else 150_000,
        n_trees=60 if quick else 300,
        n_leaves=31,
        learning_rate=0.05,
        seeds=(0,) if quick else (0, 1, 2, 3),
    )
    makers: Makers = {
        "trees": lambda: replace(trees),
        "elasticities": lambda: Elasticities("relative"),
    }
    forecasts = []
    for number, week in enumerate(rounds):
        known = panel.until(week - 1 - FIRST_WEEK)
        if number % REFIT == 0:
            model = ChosenForecaster(makers, "relative", N_ORIGINS)
            model.fit(known, AHEAD)
        forecasts.append(last_two(model.predict(known, AHEAD)))
    return joined(forecasts)


def last_two(forecast: Forecast) -> Forecast:
    """Return 2 and 3 periods ahead."""
    return replace(
        forecast,
        point=forecast.point[:, 1:],
        mean=forecast.mean[:, 1:],
        quantiles=forecast.quantiles[:, :, 1:],
    )


def judged(panel: Panel, rounds: tuple[int, ...], *, quick: bool) -> dict[str, float]:
    """Return the measures over all rounds."""
    forecast = foreseen(panel, rounds, quick=quick)
    weeks = [slice(week - FIRST_WEEK, week - FIRST_WEEK + 2) for week in rounds]
    actual, seen = (
        np.concatenate([values[:, part] for part in weeks]) for values in (panel.units, panel.seen)
    )
    return measures(actual, forecast, seen)


def others(data: Path) -> dict[str, float]:
    """Return the MAPE of each of the forecasts in the folder."""
    folder = data / "orange_juice"
    sales = pq.read_table(folder / "oj_sales.parquet", columns=["store", "brand", "week", "units"])
    forecasts = pq.read_table(folder / "oj_reference_forecasts_seed1.parquet").to_pandas()
    rows: pd.DataFrame = forecasts.merge(sales.to_pandas(), on=["store", "brand", "week"])
    return {
        str(name): mape(each["units"].to_numpy(float), each["prediction"].to_numpy(float))
        for name, each in rows.groupby("model")
    }


def figures(data: Path, *, quick: bool) -> list[Figure]:
    """Return the figures of the section."""
    found = judged(panel_of_file(data), ROUNDS, quick=quick)
    ours = 100 * found["mape"]
    return [
        *(
            Figure(f"juice: MAPE beside {name}", ours, "%", 100 * value)
            for name, value in sorted(others(data).items(), key=lambda each: each[1])
        ),
        Figure("juice: MAPE; aim", ours, "%", 35.5),
        Figure("juice: coverage of the 80 % interval", 100 * found["coverage_80"], "%", 80),
        Figure("juice: coverage of the 95 % interval", 100 * found["coverage_95"], "%", 95),
    ]
