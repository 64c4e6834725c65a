"""/operations/dags: when jobs ran, how that ended, and starting them."""

import asyncio
from collections import defaultdict
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import Field, TypeAdapter

from operations.airflow import Airflow
from operations.deps import Cursor, OperatorDep, SettingsDep
from operations.problems import RunRefusedProblem
from operations.schemas import DagDetails, DagList, DagRun, DagSummary, RunDetails, RunRequest, Task
from web import cursors

router = APIRouter(prefix="/dags", tags=["dags"])
DagId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_.-]{1,200}$")]
RunId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_.:+~-]{1,250}$")]
Limit = Annotated[int, Query(ge=1, le=50)]
N_RUNS, N_SHOWN = 100, 10
KEPT = ("type", "format", "minimum")
"""Of a parameter's JSON schema."""
PLACE = TypeAdapter(tuple[Annotated[int, Field(ge=0, le=10**6)]])


async def airflow_of(request: Request) -> Airflow:
    """Return what asks Airflow."""
    found: Airflow = request.app.state.airflow
    return found


AirflowDep = Annotated[Airflow, Depends(airflow_of)]


@router.get("")
async def list_dags(_: OperatorDep, airflow: AirflowDep, settings: SettingsDep) -> DagList:
    """Return all DAGs, each with its last runs, the newest first."""
    dags, runs = await asyncio.gather(airflow.dags(), airflow.runs("~", N_RUNS))
    of_dag: defaultdict[str, list[DagRun]] = defaultdict(list)
    for each in runs:
        of_dag[each["dag_id"]].append(run_of(each))
    summaries = [
        DagSummary(
            dag_id=each["dag_id"],
            is_paused=each["is_paused"],
            schedule=each["timetable_summary"],
            tags=[tag["name"] for tag in each["tags"]],
            runs=of_dag[each["dag_id"]][:N_SHOWN],
        )
        for each in dags
    ]
    return DagList(dags=summaries, page_url=settings.airflow_people)


@router.get("/{dag_id}")
async def read_dag(
    dag_id: DagId,
    _: OperatorDep,
    airflow: AirflowDep,
    settings: SettingsDep,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> DagDetails:
    """Return a DAG, what it takes, and its runs, the newest first."""
    offset = cursors.decode(cursor, f"runs of {dag_id}", PLACE)[0] if cursor else 0
    dag, runs = await asyncio.gather(airflow.dag(dag_id), airflow.runs(dag_id, limit + 1, offset))
    more = len(runs) > limit
    return DagDetails(
        dag_id=dag_id,
        is_paused=dag["is_paused"],
        schedule=dag["timetable_summary"],
        about=dag["doc_md"] or "",
        parameters={name: _schema(each) for name, each in (dag["params"] or {}).items()},
        runs=[run_of(each) for each in runs[:limit]],
        next_cursor=cursors.encode([offset + limit], f"runs of {dag_id}") if more else None,
        page_url=f"{settings.airflow_people}/dags/{dag_id}",
    )


@router.get("/{dag_id}/runs/{run_id}")
async def read_run(
    dag_id: DagId, run_id: RunId, _: OperatorDep, airflow: AirflowDep, settings: SettingsDep
) -> RunDetails:
    """Return a run with its tasks, and how the log of the first one that failed ends."""
    run, tasks = await asyncio.gather(airflow.run(dag_id, run_id), airflow.tasks(dag_id, run_id))
    failed = next((each for each in tasks if each["state"] == "failed"), None)
    log = await airflow.log(failed) if failed else []
    page_url = f"{settings.airflow_people}/dags/{dag_id}/runs/{quote(run_id)}"
    views = [_task(each) for each in tasks]
    return RunDetails(run=run_of(run), tasks=views, log=log, page_url=page_url)


@router.post("/{dag_id}/runs", status_code=201)
async def start_run(
    dag_id: DagId, body: RunRequest, operator: OperatorDep, airflow: AirflowDep
) -> DagRun:
    """Start a run with these parameters; what is left out is as the DAG has it."""
    takes = set((await airflow.dag(dag_id))["params"] or {})
    unknown = sorted(set(body.parameters) - takes)
    if unknown:
        raise RunRefusedProblem(f"{dag_id} takes no {unknown[0]}; it takes {sorted(takes)}.")
    note = f"started by operator {operator.customer_id}"
    return run_of(await airflow.trigger(dag_id, body.parameters, note))


def run_of(run: dict[str, Any]) -> DagRun:
    """Return a run of Airflow's."""
    return DagRun(
        dag_id=run["dag_id"],
        run_id=run["dag_run_id"],
        state=run["state"],
        kind=run["run_type"],
        queued_at=run["queued_at"],
        started_at=run["start_date"],
        ended_at=run["end_date"],
        parameters=run["conf"] or {},
        note=run["note"] or "",
    )


def _task(task: dict[str, Any]) -> Task:
    return Task(
        task_id=task["task_id"],
        state=task["state"] or "none",
        seconds=task["duration"],
        n_tries=task["try_number"],
    )


def _schema(parameter: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    described: dict[str, Any] = parameter.get("schema") or {}
    words = parameter.get("description") or described.get("description") or ""
    kept: dict[str, Any] = {name: described[name] for name in KEPT if name in described}
    return {**kept, "description": words, "value": parameter.get("value")}
