"""
# Analyse experiments

Says what each arm of each experiment does to its metrics, and stops arms that break their guardrails.

    experiments, exposures ─┐
    clickstream             ├─► by unit ─► by arm ─► experiment_results, report, page
    order_lines ────────────┘                  └─► the shop: arm stopped, why

**When.** By itself whenever the asset `validated_logs` has been updated, once a day. By hand: *Trigger* with
`to`, at any time and as often as you like: the bounds by which it decides hold at all looks together.

**What it does.** Reads who was shown what (`exposures`) of each experiment that runs or ended in the last 14
days, and what these units did from their first exposure on. Of each metric it writes the arm's value, its
difference from control for one look and for any number of looks, and the same with what units did in
the 28 days before taken out (CUPED). It checks that arms got the share of units that they were to get. All
is in the table `experiment_results`, in `reports/analyse_experiments/<day>.json` and on the page
`reports/experiments/<name>.html`.

**What stops.** An arm whose guardrail is surely broken. With `SHOP_URL`, `SHOP_OPERATOR_EMAIL` and
`SHOP_OPERATOR_PASSWORD` the shop is told, and serving follows within seconds; without, the report says what to
stop by hand. If the arm serves `champion` by name and that version is still the champion, it is rolled back
to the version before; the model's version and its run say why.

**If it fails.** Results of the days before stay, and experiments run on.

* *a guardrail broke and the shop was not told*: the sentence says why; is the account an operator's? Stop
  the arm by hand, or clear the task.

**Run it again** at any time: an arm that was stopped stays stopped, with its first reason.
"""

from airflow.sdk import DAG

from dags.common import EVERY_JOB_DAG, EXPERIMENTS, VALIDATED_LOGS, python_job

with DAG(
    dag_id="analyse_experiments",
    schedule=[VALIDATED_LOGS],
    doc_md=__doc__,
    tags=["experiments", "daily"],
    **EVERY_JOB_DAG,
):
    python_job("analyse_experiments", outlets=[EXPERIMENTS])
