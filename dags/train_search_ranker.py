"""
# Train the search ranker

Teaches an order of searches by what became of earlier ones, and lets it serve if it is better.

    clickstream, product_features of the days before ─► lists that searches showed ─► LambdaMART
                                                     └► searches of the last week ─► gate ─► MLflow ─► champion

**When.** By itself whenever the asset `search_index` has been updated. By hand: *Trigger* with `to`.

**What it does.** The searches of the last 7 days judge, those of the 28 days before teach. A product's features are those of the
newest `product_features` before the day of the search, at most 14 days old. A look counts the more, the less its place on
the list is examined. First stage, popularity, formula and the learned order stand side by side in the log, in MLflow and in
`reports/train_search_ranker/<day>.json`, with the interval of each.

**The gate.** The learned order serves if its lead on the formula and on popularity, on the same searches, is surely above 0, and if
it does not lower the nDCG@10 of the queries that people graded (`judgments.csv`) by more than .02. If not, what served stays: at
first the formula. A backfill never replaces an order of a later day. With too few searches nothing is taught, the report says so, and the
task succeeds.

**If it fails.** Searches go on with the order they have.

* *manifest missing*: there is no index; run `build_search_index`.
* MLflow unreachable: start it, clear the task.

**Roll back.** Set the alias `champion` of the model `search_ranker` to an older version in MLflow, or delete the alias: then the formula
serves after serving is started again.

**Run it again** at any time.
"""

from airflow.sdk import DAG

from dags.common import EVERY_JOB_DAG, SEARCH_INDEX, SEARCH_RANKER, python_job

with DAG(
    dag_id="train_search_ranker",
    schedule=[SEARCH_INDEX],
    doc_md=__doc__,
    tags=["models", "search", "daily"],
    **EVERY_JOB_DAG,
):
    python_job("train_search_ranker", outlets=[SEARCH_RANKER])
