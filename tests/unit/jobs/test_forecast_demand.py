"""The job that foresees demand, on a small lake (jobs.forecast_demand)."""

import datetime as dt
import json

import numpy as np
import pyarrow as pa
import pytest

from features.schemas.arrow import arrow_schema
from features.schemas.lake import DailyDemand, DemandForecast
from features.schemas.logs import ProductVersion
from jobs import forecast_demand
from jobs.forecast_input import demand_as_known
from jobs.partitions import Partitions
from jobs.runner import Dates, JobError, Settings
from models.forecasting.gradient_boosting import GlobalTrees

LAST = dt.date(2024, 6, 30)
N_PRODUCTS, N_DAYS = 12, 90


@pytest.fixture
def home(tmp_path):
    """A lake of 12 products in two categories that sell three times as much on Saturdays."""
    settings = Settings(
        emporium_home=tmp_path, database_url="", redis_url="", mlflow_tracking_uri=""
    )
    lake, rng = Partitions(settings.lake), np.random.default_rng(0)
    days = [LAST - dt.timedelta(days=n) for n in range(N_DAYS)]
    rows = [
        {
            "product_id": product, "demand_date": day, "n_units_returned": 0, "n_orders": 1,
            "n_units_sold": int(rng.poisson(9 if day.weekday() == 5 else 3)),
            "revenue_cents": 100, "date": LAST,
        }
        for day in days for product in range(1, N_PRODUCTS + 1)
    ]  # fmt: skip
    lake.write(DailyDemand, pa.Table.from_pylist(rows, arrow_schema(DailyDemand)), LAST)
    moment = dt.datetime.combine(LAST, dt.time(12), dt.UTC)
    versions = [
        {
            "event_id": f"v{product}", "occurred_at": moment, "recorded_at": moment,
            "product_id": product, "title": "a", "description": "", "price_cents": 500,
            "attributes": "{}", "status": "published", "category_id": 7 + product % 2, "date": LAST,
        }
        for product in range(1, N_PRODUCTS)
    ]  # fmt: skip
    table = pa.Table.from_pylist(versions, arrow_schema(ProductVersion))
    lake.write(ProductVersion, table, LAST)
    return settings


def test_four_weeks_are_foreseen_and_the_report_says_by_which_model(home, monkeypatch):
    small = lambda: GlobalTrees(n_rows=4_000, n_trees=30, n_leaves=7)  # noqa: E731
    monkeypatch.setattr(forecast_demand, "trees", small)

    forecast_demand.main(home, Dates(LAST, LAST))

    rows = Partitions(home.lake).read(DemandForecast, LAST, LAST).to_pandas()
    figures = json.loads((home.reports / "forecast_demand" / f"{LAST}.json").read_text())
    assert len(rows) == N_PRODUCTS * 28
    assert set(rows["warehouse_id"]) == {0}
    assert rows["model_version"].str.startswith(figures["published"]).all()
    quantiles = rows[["p05_units", "p10_units", "p50_units", "p90_units", "p95_units"]].to_numpy()
    assert (np.diff(quantiles, axis=1) >= 0).all()
    assert (quantiles >= 0).all()
    assert figures["models"][figures["published"]]["wape"] == min(
        each["wape"] for each in figures["models"].values()
    )


def test_products_are_grouped_by_category_and_those_without_one_together(home):
    demand = demand_as_known(Partitions(home.lake), LAST, 1)

    assert demand.panel.codes["category"].tolist() == [2, 1] * 5 + [2, 0]


def test_too_few_days_are_an_error_that_says_how_many(home):
    with pytest.raises(JobError, match="holds 1 days"):
        forecast_demand.main(home, Dates(*[LAST - dt.timedelta(days=1)] * 2))
