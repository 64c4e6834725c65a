"""
# Watch quality

Measures data, features and models of the day beside their bounds, and tells of what is beyond.

    answers served ────────┐
    lake: logs, features ──┼─► quality_findings ─► pages, Prometheus, mails to operators
    index, champions ──────┘

**When.** By itself whenever the asset `features` has been updated, for the same days. By hand: *Trigger* with `from` and `to`.

**What it does.** Each alert is of one kind of trouble:

* `skew`: features were served otherwise than the lake has them for that moment.
* `stale_feature`: what rankers read was older than it should be.
* `drift`: a feature is not as it was on the day that taught the model (stability index, KS).
* `missing_day`, `quarantine`: a log or table lacks a day, or much of a log was refused.
* `unit_mismatch`: prices are a power of ten off, cents taken for euros say.
* `leak`: rows know of what came after the moment they are for.
* `index_age`, `model_age`: what serves was made long ago.

The table has a row for each figure. `reports/models/<model>.html` shows how they went, `metrics/watch_quality.prom` is for
Prometheus (rules: `ops/prometheus/alerts.yml`). With `DATABASE_URL` a breach is mailed to operators by the shop's worker, once
while it lasts. `QUALITY_BOUNDS`, a JSON object, sets other bounds (`jobs/quality.py` names them).

**If it fails.** Nothing else waits for it; the pages of the day before stay. A breach is no failure: the task succeeds and tells.

* *no bound …*: `QUALITY_BOUNDS` names what there is not.
* MLflow unreachable: start it, clear the task.

**Run it again** at any time: the day's rows are replaced, and nobody is told twice.
"""

from airflow.sdk import DAG

from dags.common import EVERY_JOB_DAG, FEATURES, python_job

with DAG(
    dag_id="watch_quality",
    schedule=[FEATURES],
    doc_md=__doc__,
    tags=["models", "daily"],
    **EVERY_JOB_DAG,
):
    python_job("watch_quality")
