"""
# Forecast demand

Foresees how many units of each product will be wanted on each of the coming days.

    validated logs ─► demand_history, with what hours out of stock hid

    daily_demand, demand_history ─► features of the past ─► trees, TSB, means  ─► demand_forecasts
                                └─► rolling-origin backtest beside seasonal naive ─► MLflow, report

    demand_forecasts of the 28 days before ─► held against what was sold ─► forecast_scores, page

**When.** By itself whenever the asset `features` has been updated. By hand: *Trigger* with `to`.

**What it does.** `build_demand_history` rebuilds what was wanted of each product on the days; what makes no sense to it
(several currencies, more given back than sold, another category, known weeks late) stays in the table and is listed in
`reports/build_demand_history/<day>.json`. `forecast_demand` backtests on the last four weeks, of which the models know only the days before.
The error (WAPE) stands beside that of "same weekday last week" and of the mean of the last 7 days, in the log, in
MLflow and in `reports/forecast_demand/<day>.json`. Then it is fitted on all days and writes the
partition of the day in `demand_forecasts`: mean and five percentiles of 28 days.

`score_forecasts` then holds the forecasts that were made of the day against what was sold, for all and by pace of sales and
category, and writes the page `reports/forecasts/<day>.html`: errors of the last 56 days, what is wrong of late, and for some
products history, forecast and stock; what stock-outs and overstock cost, estimated, by day and product. Its report names as `alarms` what people should look at:

* `biased`: the sum of a week's forecasts is more than 15 % off.
* `error_rose`: the week's WAPE is a fifth above that of the four weeks before, and beyond what weeks differ by.
* `worse_than_naive`: the same day of last week would have been better.
* `intervals_off`: of the 80 % interval less than 75 % came true.

**If it fails.** The forecasts of the day before stay; they cover its horizon.

* *too few days of demand*: at least 57 days are needed.

**Run it again** at any time: the partition is replaced at once.

**Then** the asset `forecasts` is updated, and `plan_purchases` starts by itself.
"""

from airflow.sdk import DAG

from dags.common import (
    EVERY_JOB_DAG,
    FEATURES,
    FORECASTS,
    hand_on_days,
    python_job,
    spark_job,
)

with DAG(
    dag_id="forecast_demand",
    schedule=[FEATURES],
    doc_md=__doc__,
    tags=["forecasts", "daily"],
    **EVERY_JOB_DAG,
):
    forecast = python_job(
        "forecast_demand", outlets=[FORECASTS], post_execute=hand_on_days(FORECASTS)
    )
    spark_job("build_demand_history", "features_from") >> forecast >> python_job("score_forecasts")
