"""
# Train recommendations

Fits the recommenders, judges them on days they have not seen, and promotes the better one.

    user_items, products, features as of their day ─► popularity, ALS, content, hybrid
                                                   ─► window before: choice of the method
                                                   ─► hold-out ─► MLflow ─► gate ─► champion

**When.** By itself whenever the asset `features` has been updated. By hand: *Trigger* with `to`.

**What it does.** What users newly bought in the last 14 days is the hold-out; the 14 days before it
choose. Models fitted before those rank all items, and whichever of ALS, content and hybrid has the
best NDCG@10 there is the method (the hybrid's ranker learns from the same days: each half of the users
is ranked by what the other half taught). It is then fitted up to the hold-out and judged there, once.
Recall, NDCG and coverage of each model stand beside popularity's in the log, in MLflow and in
`reports/train_recommendations/<day>.json`: under `chosen_on` those that chose, under `models` those of
the hold-out. What is served is then fitted again on everything up to the day.

**The gate.** A new version becomes `challenger`; it becomes `champion` only if it beats popularity and
the present champion on the same hold-out. A backfill's model never replaces a champion of a later day.
The log's last lines say by how much, or why not. A version that is not promoted is no failure: the task
succeeds and the champion stays.

**If it fails.** Serving keeps the champion. Nothing is registered half: a version appears when all its
files are in MLflow.

* *no interactions*: run `build_features` for more days; 15 at least are needed.
* MLflow unreachable: start it, clear the task.

**Roll back.** Set the alias `champion` to an older version in MLflow; serving follows in seconds.
"""

from airflow.sdk import DAG

from dags.common import EVERY_JOB_DAG, FEATURES, RECOMMENDER, python_job

with DAG(
    dag_id="train_recommendations",
    schedule=[FEATURES],
    doc_md=__doc__,
    tags=["models", "daily"],
    **EVERY_JOB_DAG,
):
    python_job("train_recommendations", outlets=[RECOMMENDER])
