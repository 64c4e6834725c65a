"""Foresee each product's demand of the next 28 days: daily_demand -> demand_forecasts.

python -m jobs.forecast_demand --date 2024-05-01

The models are first judged on the last four weeks before the date, beside the same weekday of last week
and the mean of the last week. If they do not beat both on WAPE, the better of these is published: the
report says which.
"""

import datetime as dt
import logging
import sys
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from features.schemas.arrow import arrow_schema
from features.schemas.lake import DailyDemand, DemandForecast
from features.schemas.logs import ProductVersion
from jobs.partitions import Partitions
from jobs.reports import write_report
from jobs.runner import Dates, JobError, Settings, partitions, run
from jobs.training_data import data_version, days_since_1970, newest
from models import registry
from models.forecasting.backtest import backtest
from models.forecasting.choosing import ChosenForecaster
from models.forecasting.contract import Forecast
from models.forecasting.gradient_boosting import GlobalTrees
from models.forecasting.hierarchy import AgreeingForecaster
from models.forecasting.panel import DAILY, Panel, panel_of
from models.forecasting.references import MovingMean, SeasonalNaive
from models.forecasting.slow_movers import tsb
from models.ids import rows_of

MODEL = "demand"
HORIZON = 28
N_ORIGINS = 1
MAX_DAYS = 800
MIN_DAYS = 2 * HORIZON + 1
WHOLE_SHOP = 0
MAX_HERE = 100_000
"""Products that one process foresees; more are shared out."""
VERSION_COLUMNS = ("event_id", "product_id", "occurred_at", "category_id")
Ids = NDArray[np.int64]
Model = ChosenForecaster | AgreeingForecaster
PUBLISHED_LEVELS = (0.05, 0.1, 0.5, 0.9, 0.95)
log = logging.getLogger("forecast_demand")


@dataclass(frozen=True)
class Demand:
    """Units sold of each product, a row for each id, as known by the end of the last day."""

    product_ids: Ids
    panel: Panel


def main(settings: Settings, dates: Dates) -> None:
    """Judge, forecast and publish the last of the dates."""
    lake = partitions(settings)
    demand = demand_as_known(lake, dates.last)
    scores = judge(demand)
    best = min(scores, key=lambda name: scores[name]["wape"])
    show(scores, best)
    found = foresee(settings, forecasters()[best].fit(demand.panel, HORIZON), demand.panel)
    version = f"{best} {data_version(lake, DailyDemand)}"
    lake.write(DemandForecast, rows(demand, found, dates.last, version), dates.last)
    figures = {
        "n_products": len(demand.product_ids),
        "n_days": demand.panel.n_periods,
        "horizon_days": HORIZON,
        "n_origins": N_ORIGINS,
        "models": scores,
        "published": best,
    }
    log_run(settings, lake, dates.last, figures)
    write_report(settings.reports, "forecast_demand", dates.last, figures)


def forecasters() -> dict[str, Model]:
    """Return the models by name, the better liked first; all have their intervals in the same way."""
    return {
        "chosen": AgreeingForecaster(
            ChosenForecaster({"trees": trees, "tsb": tsb, "mean_of_28_days": four_weeks})
        ),
        "seasonal_naive": ChosenForecaster({"seasonal_naive": SeasonalNaive}),
        "mean_of_7_days": ChosenForecaster({"mean_of_7_days": MovingMean}),
    }


def foresee(settings: Settings, model: Model, panel: Panel) -> Forecast:
    """Return the forecast; that of many products is made in parts by Spark."""
    if panel.n_series <= MAX_HERE:
        return model.predict(panel, HORIZON)
    # Spark takes seconds to start, which a small shop need not wait for.
    from jobs import forecast_groups, spark  # noqa: PLC0415

    session = spark.spark_session(settings, "forecast_demand")
    if isinstance(model, ChosenForecaster):
        return forecast_groups.foreseen(session, panel, model, HORIZON)
    parts = forecast_groups.foreseen(session, panel, model.inner, HORIZON)
    return model.agreed(panel, parts)


def trees() -> GlobalTrees:
    """Return the model of all series, of a size that a day's run has the time for."""
    return GlobalTrees(n_rows=80_000, n_trees=100, n_leaves=31)


def four_weeks() -> MovingMean:
    """Return the mean of four weeks."""
    return MovingMean(28)


def demand_as_known(lake: Partitions, date: dt.date) -> Demand:
    """Return the units of each product on each day up to `date`, as known by its end.

    Raises
    ------
    JobError
        If there are too few days.
    """
    known = lake.read(DailyDemand, None, date, ["product_id", "demand_date", "n_units_sold"])
    days = days_since_1970(known["demand_date"])
    last = (date - dt.date(1970, 1, 1)).days
    first = max(days.min(), last + 1 - MAX_DAYS) if len(days) else last
    n_days = int(last - first + 1)
    if n_days < MIN_DAYS:
        raise JobError(
            f"daily_demand holds {n_days} days up to {date}, a forecast needs {MIN_DAYS}: load more "
            "days and run the DAG build_features for them"
        )
    products = known["product_id"].to_numpy()
    product_ids = np.unique(products)
    units = np.zeros((len(product_ids), n_days))
    recent = (days >= first) & (days <= last)
    places = (rows_of(product_ids, products[recent]), days[recent] - first)
    np.add.at(units, places, known["n_units_sold"].to_numpy()[recent])
    panel = panel_of(units, date - dt.timedelta(days=n_days - 1), DAILY)
    return Demand(product_ids, replace(panel, codes=categories(lake, date, product_ids)))


def categories(lake: Partitions, date: dt.date, product_ids: Ids) -> dict[str, Ids]:
    """Return each product's category as known by the end of `date`; 0 for those without."""
    versions = newest(lake.read(ProductVersion, None, date, list(VERSION_COLUMNS)))
    by_product = dict(
        zip(versions["product_id"].to_pylist(), versions["category_id"].to_pylist(), strict=True)
    )
    of_each = [by_product.get(product_id) or 0 for product_id in product_ids.tolist()]
    return {"category": np.unique(np.array(of_each, np.int64), return_inverse=True)[1]}


def judge(demand: Demand) -> dict[str, dict[str, float]]:
    """Return each model's measures over the last weeks, by name."""
    return {
        name: backtest(model, demand.panel, HORIZON, N_ORIGINS)
        for name, model in forecasters().items()
    }


def rows(demand: Demand, forecast: Forecast, date: dt.date, model_version: str) -> pa.Table:
    """Return the forecast as the table `demand_forecasts` of `date`."""
    n_products, horizon = forecast.mean.shape
    ahead = np.tile(np.arange(1, horizon + 1), n_products)
    columns = {
        "product_id": np.repeat(demand.product_ids, horizon),
        "warehouse_id": np.full(len(ahead), WHOLE_SHOP),
        "demand_date": np.datetime64(date) + ahead,
        "mean_units": forecast.mean.ravel(),
        **{
            f"p{round(100 * level):02d}_units": forecast.quantile(level).ravel()
            for level in PUBLISHED_LEVELS
        },
        "model_version": np.full(len(ahead), model_version),
        "date": np.full(len(ahead), np.datetime64(date)),
    }
    return pa.table(columns).cast(arrow_schema(DemandForecast))


def log_run(settings: Settings, lake: Partitions, date: dt.date, figures: dict[str, Any]) -> None:
    """Record the run with MLflow, if there is a server."""
    if not settings.mlflow_tracking_uri:
        return
    record = registry.TrainingRecord(
        code_version=settings.code_version,
        data_version=data_version(lake, DailyDemand),
        date=str(date),
        params={key: figures[key] for key in ("n_products", "n_days", "published")},
        metrics={
            f"{name}_{key}": value
            for name, by in figures["models"].items()
            for key, value in by.items()
        },
    )
    registry.log_run(settings.mlflow_tracking_uri, MODEL, record, None)


def show(scores: dict[str, dict[str, float]], best: str) -> None:
    """Print the models' measures beside each other."""
    names = ("wape", "bias", "coverage_80", "pinball_50")
    log.info("%-18s %11s %11s %11s %11s", "model", *names)
    for name, by in scores.items():
        log.info("%-18s %11.4f %11.4f %11.4f %11.4f", name, *(by[key] for key in names))
    log.info("published: %s", best)


if __name__ == "__main__":
    logging.basicConfig(level="INFO", stream=sys.stdout, format="%(name)s: %(message)s")
    run(main, __doc__)
