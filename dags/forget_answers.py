"""
# Forget answers

Removes what was answered more than 30 days ago: rows of the log `answers`, in all layers and in Redis.

**When.** By itself whenever `ingest` has updated the asset `validated_logs`. By hand: *Trigger* with `to`.

**What it does.** Answers tell what persons were shown and by what. They can be explained for 30 days
(`GET /api/v1/answers/{answer_id}`); then their days' folders go, from `raw/` too, and what lies longer in the
stream `answers`, collected or not.

**If it fails.** Nothing else waits for it. Clear the task; what the failed run left is removed by the next.

**Run it again** at any time.
"""

from airflow.sdk import DAG

from dags.common import EVERY_JOB_DAG, VALIDATED_LOGS, python_job

with DAG(
    dag_id="forget_answers",
    schedule=[VALIDATED_LOGS],
    doc_md=__doc__,
    tags=["lake", "daily"],
    **EVERY_JOB_DAG,
):
    python_job("forget_answers")
