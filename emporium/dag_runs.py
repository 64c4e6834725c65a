"""`emporium backfill`, `trigger` and `runs`: the DAGs of a running platform, from the command line."""

import datetime as dt
import sys
import time
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from emporium.airflow_client import TERMINAL, AirflowClient, AirflowError, connect
from emporium.documents import JsonFile, aside, write_document
from emporium.pipeline_run import (
    POLL_SECONDS,
    Days,
    StepFailedError,
    run_chain,
    seconds_by_task,
)
from emporium.reporting import day, reporting
from emporium.running import running_site
from emporium.settings import Settings

console = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else 120)
WRITTEN = "YYYY-MM-DD"
Day = Annotated[dt.date | None, typer.Option(parser=day, metavar=WRITTEN, help="the day to build")]


def backfill(
    first: Annotated[
        dt.date, typer.Option("--from", parser=day, metavar=WRITTEN, help="first day to build")
    ],
    last: Annotated[
        dt.date, typer.Option("--to", parser=day, metavar=WRITTEN, help="last day to build")
    ],
    json_file: JsonFile = None,
) -> None:
    """Rebuild past days through Airflow, on a running platform."""
    if first > last:
        raise typer.BadParameter(f"--from {first} is after --to {last}")
    from emporium.demo import follow  # noqa: PLC0415 - Arrow takes a second to load

    airflow = _airflow(json_file)
    with reporting(console):
        now = dt.datetime.now(dt.UTC)  # noqa: TID251 - the edge
        progress = follow(
            run_chain(airflow, Days(first, last, first, first), now), airflow, console
        )
    document = {"first": first, "last": last, "seconds": seconds_by_task(progress)}
    write_document(document, json_file)


def trigger(
    dag: Annotated[str, typer.Argument(help="ingest, build_features, ...: `emporium runs` tells")],
    date: Day = None,
    wait: Annotated[bool, typer.Option("--wait", help="until the run is over")] = False,  # noqa: FBT002
    json_file: JsonFile = None,
) -> None:
    """Start one DAG, on a running platform; those that follow it start by themselves.

    Without a day it builds the day before.
    """
    airflow = _airflow(json_file)
    with reporting(console):
        _known(airflow, dag)
        run_id = airflow.trigger(dag, {"from": str(date), "to": str(date)} if date else {})
        console.print(f"{dag}: {run_id} is queued", markup=False)
        run = _awaited(airflow, dag, run_id) if wait else airflow.run(dag, run_id)
    write_document(_shown(run), json_file)


def runs(
    dag: Annotated[str | None, typer.Option(help="of this DAG; else of all")] = None,
    limit: Annotated[int, typer.Option("-n", min=1, max=100, help="so many")] = 20,
    json_file: JsonFile = None,
) -> None:
    """List the last runs of the DAGs, the newest first."""
    airflow = _airflow(json_file)
    with reporting(console):
        if dag:
            _known(airflow, dag)
        found = [_shown(run) for run in airflow.latest(dag or "~", limit)]
    write_document(found, json_file)
    table = Table("DAG", "run", "state", "queued", "seconds", show_edge=False)
    for run in found:
        seconds = "" if run["seconds"] is None else f"{run['seconds']:.0f}"
        table.add_row(run["dag"], run["run"], run["state"], run["queued_at"], seconds)
    console.print(table if found else "no DAG has run yet: `emporium trigger ingest` starts one")


def _airflow(json_file: JsonFile) -> AirflowClient:
    """Return a client of the running platform's Airflow; messages make way for a document."""
    aside(console, json_file)
    site = running_site(Settings(), console)
    with reporting(console):
        return connect(site["airflow-api"])


def _known(airflow: AirflowClient, dag: str) -> None:
    there = airflow.dag_ids()
    if dag not in there:
        raise AirflowError(f"no DAG {dag!r}: one of {', '.join(sorted(there))}")


def _awaited(airflow: AirflowClient, dag: str, run_id: str) -> dict[str, Any]:
    """Return the run once it is over.

    Raises
    ------
    StepFailedError
        If it failed; with the end of the failed task's log.
    """
    from emporium.demo import failure  # noqa: PLC0415 - Arrow takes a second to load

    with console.status(f"{dag} runs"):
        while (run := airflow.run(dag, run_id))["state"] not in TERMINAL:
            time.sleep(POLL_SECONDS)
    failed = [task for task in airflow.tasks_of(dag, run_id) if task["state"] == "failed"]
    if failed:
        raise StepFailedError(failure(airflow, failed[0]))
    console.print(f"{dag}: {run['state']} after {run['duration'] or 0:.0f} s")
    return run


def _shown(run: dict[str, Any]) -> dict[str, Any]:
    return {
        "dag": run["dag_id"],
        "run": run["dag_run_id"],
        "state": run["state"],
        "queued_at": (run["queued_at"] or run["run_after"])[:19],
        "seconds": run["duration"],
        "conf": run["conf"],
    }
