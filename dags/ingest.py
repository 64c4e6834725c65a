"""
# Ingest

Brings what happened in the shop into the lake, judged.

    PostgreSQL outbox ─┐
    Redis streams     ─┼─► raw ─► Great Expectations ─► validated
    files (loaders)   ─┘                            └─► quarantine, with the reason

**When.** Every night for the day before, started by `nightly`. By hand: *Trigger* with `from` and `to`
(UTC days, inclusive), or `emporium backfill --from --to`.

**What it does.** Collects what the outbox holds since the last run, and what the service `landing` has left of the
event streams, and appends it to `raw/`; no row there is ever changed. Then judges the rows of the days: each good row goes to
`validated/`, each bad one to `quarantine/` with all reasons against it. Rows in = validated +
quarantined, or the task fails. Data Docs are pages under `data_docs/<last day>/`.

**Late data.** The partition of a row is the day the platform learned of it, so an event that comes
late is in the day it came, and no past day ever changes by itself.

**If it fails.** The last line of the log is the reason in one sentence, and nothing was published:
downstream keeps working on yesterday's tables.

* *a third of the rows bad*, or a column missing: the producer is broken. Mend it, clear the task.
* *no order was recorded*: the shop was down, or the outbox is not being written. If the shop was
  closed that day, run a range that holds the day; ranges may have empty days.
* *could not connect*: PostgreSQL or Redis is down. The task is tried again once by itself.

**Run it again** at any time: collecting goes on where it ended, judging replaces the days' partitions.

**Then** the asset `validated_logs` is updated and `build_features` starts by itself.
"""

from airflow.sdk import DAG

from dags.common import EVERY_JOB_DAG, VALIDATED_LOGS, hand_on_days, spark_job

with DAG(
    dag_id="ingest",
    schedule=None,
    doc_md=__doc__,
    tags=["lake", "daily"],
    **EVERY_JOB_DAG,
):
    spark_job("ingest", outlets=[VALIDATED_LOGS], post_execute=hand_on_days(VALIDATED_LOGS))
