"""
# Nightly

Starts the night's run for the day before, and with it all that follows: `ingest` → `build_features` →
`build_search_index` (→ `train_search_ranker`), `train_recommendations`, `forecast_demand` → `plan_purchases`.

**When.** Every night at 00:30 UTC. It is paused when the platform is first started: unpause it when the
shop is live.

**If it fails**, nothing was started. Clear the task, or trigger `ingest` by hand with `from` and `to`.
If nights were missed, `emporium backfill --from --to` builds them.
"""

from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import DAG

from dags.common import EVERY_DAG, daily

with DAG(
    dag_id="nightly",
    schedule=daily("00:30"),
    is_paused_upon_creation=True,
    doc_md=__doc__,
    tags=["daily"],
    **EVERY_DAG,
):
    TriggerDagRunOperator(
        task_id="start_ingest",
        trigger_dag_id="ingest",
        conf={"from": "{{ ds }}", "to": "{{ ds }}"},
    )
