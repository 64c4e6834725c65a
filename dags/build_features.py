"""
# Build features

Turns the validated logs into what models and pages read, and pushes it to serving.

    validated ─► interactions, sessions, daily_demand          (what became known each day)
                 ├─► user_items, user_features, product_features
                 ├─► co_purchases, trending, item_lists, category_lists
                 └─► Feast ─► Redis

**When.** By itself whenever `ingest` has updated the asset `validated_logs`, for the same days. By
hand: *Trigger* with `from` and `to`; `features_from`, `features_every` and `pictures_from` leave out costly
pictures that nobody needs when a long history is loaded for the first time.

**What it does.** `build_daily_facts` counts each day by itself. `build_features` and `build_lists`
make pictures *as of* the end of a day, from partitions up to that day only, so that rebuilding a past
day never lets it see its future. `publish_features` materialises the newest day, whatever day the run
is for: a backfill never takes the shop back in time.

**If it fails.** Serving keeps the features of the last good run; they are right, only older. Each task
replaces whole partitions at once: clear the failed task and it goes on.

* *has no partition yet*: nothing has been ingested. Run `ingest` first.
* out of memory: raise the Airflow variable `spark_driver_memory` (default 1500m).

**Run it again** at any time.

**Then** the asset `features` is updated; `build_search_index`, `train_recommendations` and
`forecast_demand` start by themselves.
"""

from airflow.sdk import DAG

from dags.common import (
    EVERY_ARGUMENT,
    EVERY_JOB_DAG,
    FEATURES,
    VALIDATED_LOGS,
    hand_on_days,
    python_job,
    spark_job,
)

with DAG(
    dag_id="build_features",
    schedule=[VALIDATED_LOGS],
    doc_md=__doc__,
    tags=["features", "daily"],
    **EVERY_JOB_DAG,
):
    publish = python_job(
        "publish_features", outlets=[FEATURES], post_execute=hand_on_days(FEATURES)
    )
    pictures = [
        spark_job("build_features", "features_from", *EVERY_ARGUMENT),
        spark_job("build_lists", first="pictures_from"),
    ]
    spark_job("build_daily_facts") >> pictures >> publish
