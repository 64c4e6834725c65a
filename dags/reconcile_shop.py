"""
# Reconcile the shop

Holds the lake against the shop's own tables: orders to the cent, stock to the unit.

    PostgreSQL: orders, returns, stock ledger ─┐
    lake: order_lines, stock_levels            ├─► what differs: report, CSV, a failed run
    (validated and quarantine)                ─┘

**When.** By itself whenever `ingest` has updated the asset `validated_logs`, for the same days. By hand: *Trigger*
with `from` and `to`.

**What it does.** Each line sold or given back on the day must be in the lake once, with its product, units, price and
currency, and the lake must have no line that the shop does not know. The level of each product and warehouse that moved must be
the sum of its ledger, as the shop told it and as the lake has it. What moved within a minute of midnight is compared with its
next day. Sums of both sides are in `reports/reconcile_shop/<day>.json`.

**If it fails.** The log's last line names the first rows that differ and the file with all of them. Nothing else waits for it.

* *missing in the lake* right after midnight: run `ingest` for the day again, then clear the task.
* missing still: an event was lost. The shop's row is the truth; `docs/operations.md` says how to tell it again.
* *as the shop told*: the ledger and what was told differ; that is a bug of the shop, report it.
* *set DATABASE_URL*: this environment has no shop.

**Run it again** at any time.
"""

from airflow.sdk import DAG

from dags.common import EVERY_JOB_DAG, VALIDATED_LOGS, python_job

with DAG(
    dag_id="reconcile_shop",
    schedule=[VALIDATED_LOGS],
    doc_md=__doc__,
    tags=["lake", "daily"],
    **EVERY_JOB_DAG,
):
    python_job("reconcile_shop", first="from")
