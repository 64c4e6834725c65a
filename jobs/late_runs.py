"""Telling operators of a DAG's run that is not over in time; Airflow calls it, in its executor."""

from typing import Any

SENTENCE = "the run {run_id} of {dag_id} was not over in time; what serves is of the last good run"


def tell_late(context: dict[str, Any]) -> None:
    """Leave an event in the shop's outbox, which the worker mails to operators; nothing without a shop.

    Parameters
    ----------
    context
        Of Airflow's deadline alerts: `dag_run` as its API shows it.
    """
    # Airflow imports this file whenever it reads the DAGs: what takes time is imported when it is needed.
    from jobs.quality_telling import tell_operators  # noqa: PLC0415
    from jobs.runner import Settings  # noqa: PLC0415

    dsn = Settings().database_url
    if dsn:
        tell_operators(dsn, [late_run(context["dag_run"])])


def late_run(dag_run: dict[str, Any]) -> dict[str, str]:
    """Return what is told of a run, once."""
    dag_id, run_id = dag_run["dag_id"], dag_run["dag_run_id"]
    return {
        "alert": "late_run",
        "subject": f"{dag_id} {run_id}",
        "sentence": SENTENCE.format(dag_id=dag_id, run_id=run_id),
        "since": str(dag_run["run_after"])[:10],
    }
