"""Foresee each product's demand of the next 28 days: demand_history, daily_demand -> demand_forecasts.

python -m jobs.forecast_demand --date 2024-05-01

The models are first judged on the last four weeks before the date, beside the same weekday of last week
and the mean of the last week. If they do not beat both on WAPE, the better of these is published: the
report says which.
"""

import datetime as dt
import logging
import sys
from typing import Any

import numpy as np
import pyarrow as pa

from features.schemas.arrow import arrow_schema
from features.schemas.lake import DailyDemand, DemandForecast, DemandHistory
from jobs.forecast_input import Demand, Ids, demand_as_known
from jobs.holiday_calendar import calendar
from jobs.partitions import Partitions
from jobs.reading import data_version
from jobs.reports import write_report
from jobs.runner import Dates, Settings, partitions, run
from models import registry
from models.forecasting.backtest import backtest
from models.forecasting.choosing import ChosenForecaster
from models.forecasting.contract import Forecast
from models.forecasting.gradient_boosting import GlobalTrees
from models.forecasting.hierarchy import AgreeingForecaster
from models.forecasting.holiday_effects import HolidayAdjusted
from models.forecasting.panel import Panel
from models.forecasting.references import MovingMean, SeasonalNaive
from models.forecasting.sharing import part_of, shares
from models.forecasting.slow_movers import tsb

MODEL = "demand"
HORIZON = 28
N_ORIGINS = 1
MIN_DAYS = 2 * HORIZON + 1
WHOLE_SHOP = 0
MAX_HERE = 100_000
"""Products that one process foresees; more are shared out."""
Model = ChosenForecaster | AgreeingForecaster
PUBLISHED_LEVELS = (0.05, 0.1, 0.5, 0.9, 0.95)
log = logging.getLogger("forecast_demand")


def main(settings: Settings, dates: Dates) -> None:
    """Judge, forecast and publish the last of the dates."""
    lake = partitions(settings)
    demand = demand_as_known(lake, dates.last, MIN_DAYS, calendar(settings))
    scores = judge(demand)
    best = min(scores, key=lambda name: scores[name]["wape"])
    show(scores, best)
    found = foresee(settings, forecasters()[best].fit(demand.panel, HORIZON), demand.panel)
    version = f"{best} {data_version(lake, DailyDemand, DemandHistory)}"
    lake.write(DemandForecast, rows(demand, found, dates.last, version), dates.last)
    figures = {
        "n_products": len(demand.product_ids),
        "n_days": demand.panel.n_periods,
        "horizon_days": HORIZON,
        "n_holidays": len(demand.panel.holidays.days),
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
            ChosenForecaster({"trees": trees, "tsb": slow_movers, "mean_of_28_days": four_weeks})
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


def four_weeks() -> HolidayAdjusted:
    """Return the mean of four weeks."""
    return HolidayAdjusted(MovingMean(28))


def slow_movers() -> HolidayAdjusted:
    """Return the model of what sells now and then."""
    return HolidayAdjusted(tsb())


def judge(demand: Demand) -> dict[str, dict[str, float]]:
    """Return each model's measures over the last weeks, by name."""
    return {
        name: backtest(model, demand.panel, HORIZON, N_ORIGINS)
        for name, model in forecasters().items()
    }


def rows(demand: Demand, forecast: Forecast, date: dt.date, model_version: str) -> pa.Table:
    """Return the forecast as the table `demand_forecasts` of `date`.

    Of products that warehouses sold lately there are rows for each of these, too, which add up to the
    whole shop's.
    """
    tables = [_rows_of(demand.product_ids, WHOLE_SHOP, forecast, date, model_version)]
    told = np.flatnonzero(demand.sold_in.sum(axis=1))
    if not len(told):
        return tables[0]
    of_each = shares(demand.sold_in[told]).T
    for warehouse_id, share in zip(demand.warehouse_ids.tolist(), of_each, strict=True):
        part = part_of(forecast.rows(told), share)
        tables.append(_rows_of(demand.product_ids[told], warehouse_id, part, date, model_version))
    return pa.concat_tables(tables)


def _rows_of(
    product_ids: Ids, warehouse_id: int, forecast: Forecast, date: dt.date, model_version: str
) -> pa.Table:
    n_products, horizon = forecast.mean.shape
    ahead = np.tile(np.arange(1, horizon + 1), n_products)
    columns = {
        "product_id": np.repeat(product_ids, horizon),
        "warehouse_id": np.full(len(ahead), warehouse_id),
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
        data_version=data_version(lake, DailyDemand, DemandHistory),
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
