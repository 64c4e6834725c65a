"""What every DAG shares: which days a run is for, the retry policy, and how a job is started."""

import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from airflow.providers.apache.spark.operators.spark_submit import SparkSubmitOperator
from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import Asset, Param
from airflow.sdk.definitions.callback import SyncCallback
from airflow.sdk.definitions.deadline import DeadlineAlert, DeadlineReference
from airflow.timetables.interval import CronDataIntervalTimetable

DRIVER_MEMORY = "{{ var.value.get('spark_driver_memory', '1500m') }}"
# A day's job is over before the optimising compiler pays for itself: without it a job takes half the
# processor time. Where the driver does much work for long, set the variable to " ". Without the sizes, which are
# those of all compilers together, Java looks again and again for code and classes that can go.
QUICK_JAVA = (
    "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:ReservedCodeCacheSize=240m -XX:MetaspaceSize=192m"
)
JAVA_OPTIONS = f"{{{{ var.value.get('spark_driver_java_options', '{QUICK_JAVA}') }}}}"
ROOT = Path(__file__).resolve().parents[1]

VALIDATED_LOGS = Asset("validated_logs")
FEATURES = Asset("features")
SEARCH_INDEX = Asset("search_index")
SEARCH_RANKER = Asset("search_ranker")
RECOMMENDER = Asset("recommender")
FORECASTS = Asset("forecasts")
PURCHASES = Asset("purchases")
EXPERIMENTS = Asset("experiments")

DAYS = ("from", "to", "features_from", "pictures_from")
EVERY = "features_every"

DEFAULT_ARGS = {
    "owner": "data-platform",
    "retries": 1,
    "retry_delay": timedelta(seconds=30),
    "execution_timeout": timedelta(hours=1),
}

PARAMS = {
    name: Param(None, type=["null", "string"], format="date", description=words)
    for name, words in {
        "from": "first UTC day to build; empty: the day before the run",
        "to": "last UTC day to build; empty: the day before the run",
        "features_from": "first day of user and product features; empty: `from`",
        "pictures_from": "first day of lists and search documents; empty: `from`",
    }.items()
} | {EVERY: Param(1, type="integer", minimum=1, description="build features of every so many days")}


IN_TIME = DeadlineAlert(
    reference=DeadlineReference.DAGRUN_QUEUED_AT,
    interval=timedelta(hours=2),
    callback=SyncCallback("jobs.late_runs.tell_late"),
)
"""Operators are told of a run that is not over two hours after it was queued; it goes on."""

EVERY_DAG: dict[str, Any] = {
    "start_date": datetime(2024, 1, 1, tzinfo=UTC),
    "catchup": False,
    "max_active_runs": 1,
    "deadline": IN_TIME,
    "default_args": DEFAULT_ARGS,
}


def daily(at: str) -> CronDataIntervalTimetable:
    """Run every day at `at` ("HH:MM", UTC) for the day before.

    A bare cron string would not do: since Airflow 3 its logical date is the day of the run itself.
    """
    hour, minute = at.split(":")
    return CronDataIntervalTimetable(f"{int(minute)} {int(hour)} * * *", timezone="UTC")


def day(name: str, dag_run: Any, asset_events: Any) -> str:  # noqa: ANN401 - Airflow's own
    """Return one of `DAYS` of a run as YYYY-MM-DD.

    Asked for by the run's configuration; else handed on with the assets that caused the run (all
    their days together); else the schedule's interval, and for a run by hand without
    configuration the day before it.
    """
    given = [dict(dag_run.conf or {}), *_handed_on(asset_events)]
    stated = [days for days in given if days.get("to")]
    if not stated:
        moment = dag_run.logical_date or dag_run.run_after - timedelta(days=1)
        return str(moment.date())
    if name == "to":
        return str(max(days["to"] for days in stated))
    return str(min(days.get(name) or days.get("from") or days["to"] for days in stated))


def every(dag_run: Any, asset_events: Any) -> int:  # noqa: ANN401
    """Return every how many days features are built: 1 unless all that caused the run ask for more."""
    given = [dict(dag_run.conf or {}), *_handed_on(asset_events)]
    return min((int(days.get(EVERY) or 1) for days in given if days.get("to")), default=1)


def _handed_on(asset_events: Any) -> list[dict[str, Any]]:  # noqa: ANN401
    return [dict(event.extra or {}) for events in asset_events.values() for event in events]


def hand_on_days(asset: Asset) -> Callable[[Any, Any], None]:
    """Return a hook that writes the run's days into the asset's event, for the DAGs that follow."""

    def hook(context: Any, result: Any = None) -> None:  # noqa: ANN401, ARG001
        run, events = context["dag_run"], context["triggering_asset_events"]
        days = {name: day(name, run, events) for name in DAYS}
        context["outlet_events"][asset].extra.update(days | {EVERY: every(run, events)})

    return hook


EVERY_JOB_DAG = EVERY_DAG | {"params": PARAMS, "user_defined_macros": {"day": day, "every": every}}


def days_from(name: str) -> list[str]:
    """Return the arguments `--from --to` of a job, as templates."""
    arguments = []
    for option, which in (("--from", name), ("--to", "to")):
        arguments += [option, f"{{{{ day('{which}', dag_run, triggering_asset_events) }}}}"]
    return arguments


EVERY_ARGUMENT = ["--every", "{{ every(dag_run, triggering_asset_events) }}"]


def spark_job(name: str, first: str = "from", *more: str, **options: Any) -> SparkSubmitOperator:  # noqa: ANN401
    """Submit `jobs/<name>.py` to the cluster of connection `spark_default`.

    Two of the pool's four slots: two Spark jobs at once keep two cores busy and fit 6 GB.
    """
    return SparkSubmitOperator(
        task_id=name,
        application=str(ROOT / "jobs" / f"{name}.py"),
        application_args=[*days_from(first), *more],
        name=name,
        conn_id="spark_default",
        conf={
            "spark.pyspark.python": sys.executable,
            "spark.driver.memory": DRIVER_MEMORY,
            "spark.driver.extraJavaOptions": JAVA_OPTIONS,
            "spark.log.level": "WARN",
        },
        verbose=False,
        pool_slots=2,
        **options,
    )


def python_job(name: str, first: str = "to", **options: Any) -> BashOperator:  # noqa: ANN401
    """Run `python -m jobs.<name>`, a job that needs no Spark."""
    command = " ".join([sys.executable, "-m", f"jobs.{name}", *days_from(first)])
    return BashOperator(task_id=name, bash_command=command, cwd=str(ROOT), **options)
