"""
# Forecast demand

Foresees how many units of each product will be wanted on each of the coming days.

    daily_demand ─► features of the past ─► LightGBM quantiles ─► demand_forecasts
                 └─► rolling-origin backtest beside seasonal naive ─► MLflow, report

**When.** By itself whenever the asset `features` has been updated. By hand: *Trigger* with `to`.

**What it does.** Backtests on several past origins: at each, the model knows only the days before it.
The error (WAPE) stands beside that of "same weekday last week" and of the mean of the last 7 days, in the log, in
MLflow and in `reports/forecast_demand/<day>.json`. Then it is fitted on all days and writes the
partition of the day in `demand_forecasts`: mean and the 10th, 50th and 90th percentile.

**If it fails.** The forecasts of the day before stay; they cover its horizon.

* *too few days of demand*: at least 35 days are needed.

**Run it again** at any time: the partition is replaced at once.

**Then** the asset `forecasts` is updated, and `plan_purchases` starts by itself.
"""

from airflow.sdk import DAG

from dags.common import EVERY_JOB_DAG, FEATURES, FORECASTS, hand_on_days, python_job

with DAG(
    dag_id="forecast_demand",
    schedule=[FEATURES],
    doc_md=__doc__,
    tags=["forecasts", "daily"],
    **EVERY_JOB_DAG,
):
    python_job("forecast_demand", outlets=[FORECASTS], post_execute=hand_on_days(FORECASTS))
