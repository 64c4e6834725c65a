"""
# Train recommendations

Fits the recommenders, judges them on days they have not seen, and promotes the better one.

    user_items, products, features as of their day ─► popularity, ALS, content, hybrid
                                                   ─► hold-out ─► MLflow ─► gate ─► champion

**When.** By itself whenever the asset `features` has been updated. By hand: *Trigger* with `to`.

**What it does.** Everything up to 14 days before the day trains; what users newly bought in those 14
days is the hold-out. All items are ranked. Recall, NDCG and coverage of each model stand beside
popularity's in the log, in MLflow and in `reports/train_recommendations/<day>.json`. What is served
is then fitted again on everything up to the day.

**The gate.** A new version becomes `challenger`; it becomes `champion` only if it beats popularity and
the present champion on the same hold-out. The log's last lines say by how much, or why not. A version
that is not promoted is no failure: the task succeeds and the champion stays.

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
