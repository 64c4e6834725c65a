"""
# Build the search index

Makes the index that search and product pages answer from, and swaps it in.

    products, stock, popularity ─► search_documents ─► Tantivy shards ─► checked ─► current

**When.** By itself whenever the asset `features` has been updated, for the same days. By hand:
*Trigger* with `to`.

**What it does.** `build_search_documents` writes one row per published product as of the day.
`build_search_index` writes the shards in parallel into a folder beside the live one, opens them,
counts their documents, looks a known title up, and only then replaces the link `index/current`.
Serving notices within seconds and answers from the new index without losing a request.
`report_searches` counts what became of the searches of the last 28 days and writes the page
`reports/searches/<day>.html`: what was looked for, found nothing, was said otherwise.

**If it fails.** `index/current` still points at the last good index; search goes on with it. What was
half built is cleared by the next run.

* *has no rows*: the catalogue is empty as of that day. Run `ingest` for the days products were added.
* a check failed: the log says which. Nothing was swapped; the folder `….building` is left to look at.

**Roll back.** Point `index/current` at one of the two older folders in `index/versions`; serving follows.

**Run it again** at any time.

**Then** the asset `search_index` is updated and `train_search_ranker` starts by itself.
"""

from airflow.sdk import DAG

from dags.common import EVERY_JOB_DAG, FEATURES, SEARCH_INDEX, hand_on_days, spark_job

with DAG(
    dag_id="build_search_index",
    schedule=[FEATURES],
    doc_md=__doc__,
    tags=["search", "daily"],
    **EVERY_JOB_DAG,
):
    documents = spark_job("build_search_documents", first="pictures_from")
    documents >> spark_job(
        "build_search_index",
        first="to",
        outlets=[SEARCH_INDEX],
        post_execute=hand_on_days(SEARCH_INDEX),
    )
    spark_job("report_searches", first="to")
