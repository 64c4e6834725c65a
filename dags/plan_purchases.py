"""
# Plan purchases

Proposes what to order from suppliers and what to move between warehouses.

    demand_forecasts, daily_demand ─┐
    the shop: stock, on order,      ├─► plan ─► draft purchase orders and transfers in the shop
    terms, receipts                 ┘       └─► purchase_proposals, report

**When.** By itself whenever the asset `forecasts` has been updated. By hand: *Trigger* with `to`.

**What it does.** Learns each supplier's lead time from receipts, gives each product a class by revenue and
variation, and sets the point at which to order so that the class's share of what is wanted is there at the
least value held. Units that lie idle in one warehouse are moved to one that lacks them before any are
bought; orders come in packs, keep minimum, shelf life and budget. Each proposal says why. Operators
approve, edit or reject them: *docs/operations.md*.

The drafts go to the shop of `SHOP_URL`, as its operator `SHOP_OPERATOR_EMAIL`, and it is told how fast products sell,
which alerts in days of cover go by: `emporium up` sets these. With an empty `SHOP_URL` the plan is made of what the lake
knows (no suppliers, no terms, nothing on order) and stays in `purchase_proposals` and
`reports/plan_purchases/<day>.json`; the report says so. `PURCHASE_BUDGET_CENTS` bounds what a run may order.

**If it fails.** The drafts of the run before stay as they are.

* *demand_forecasts holds no rows*: run `forecast_demand` for that day.
* *no published product has supply terms*: set them at `/api/v1/stock/terms`.
* *the shop did not take the plan*: the sentence says why; is the account an operator's?

**Run it again** at any time: it replaces the drafts that nobody has touched, and no others. A run of a day older
than the shop's newest plan changes no draft.
"""

from airflow.sdk import DAG

from dags.common import EVERY_JOB_DAG, FORECASTS, PURCHASES, python_job

with DAG(
    dag_id="plan_purchases",
    schedule=[FORECASTS],
    doc_md=__doc__,
    tags=["forecasts", "daily"],
    **EVERY_JOB_DAG,
):
    python_job("plan_purchases", outlets=[PURCHASES])
