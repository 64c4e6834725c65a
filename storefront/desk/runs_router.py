"""/ops/runs: when jobs ran, how that ended, and starting them."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Path, Query, Response
from markupsafe import Markup

from storefront.apis import ApiError, Document
from storefront.deps import Form, FormDep
from storefront.desk.charts import Chart, Series, strip
from storefront.desk.desk import Desk, DeskDep, after
from storefront.errors import PageRoute
from storefront.formats import minute, span

router = APIRouter(prefix="/ops/runs", route_class=PageRoute)
DagId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_.-]{1,200}$")]
RunId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_.:+~-]{1,250}$")]
Cursor = Annotated[str, Query(max_length=500)]
PATH = "/operations/dags"
UNDER_WAY = frozenset(("queued", "running"))


@dataclass(frozen=True)
class Parameter:
    """What a form asks for of a DAG's parameter: `kind` is an input's type."""

    name: str
    kind: str
    value: str
    about: str


@router.get("")
async def list_dags(desk: DeskDep) -> Response:
    """Show all DAGs with their last runs."""
    found = await desk.apis.operations.get(PATH)
    dags = [(each, _strip(desk, each)) for each in found["dags"]]
    is_busy = any(is_under_way(each["runs"]) for each in found["dags"])
    return desk.page("runs", {"dags": dags, "page_url": found["page_url"], "is_busy": is_busy})


@router.get("/{dag_id}")
async def show_dag(dag_id: DagId, desk: DeskDep, cursor: Cursor = "") -> Response:
    """Show a DAG, its runs, and a form that starts one."""
    return await _dag(desk, dag_id, cursor)


@router.post("/{dag_id}")
async def start_run(dag_id: DagId, desk: DeskDep, form: FormDep) -> Response:
    """Start a run."""
    path = f"{PATH}/{dag_id}"
    try:
        takes = parameters_of(await desk.apis.operations.get(path, [("limit", 1)]))
        body = {"parameters": typed_values(takes, form)}
        made = await desk.apis.operations.send("POST", f"{path}/runs", body)
    except ApiError as error:
        return await _dag(desk, dag_id, "", desk.why(error), form)
    return desk.go(f"/ops/runs/{dag_id}/{quote(made['run_id'])}", "run_started", dag_id)


@router.get("/{dag_id}/{run_id}")
async def show_run(dag_id: DagId, run_id: RunId, desk: DeskDep) -> Response:
    """Show a run, its tasks, and why it failed."""
    found = await desk.apis.operations.get(f"{PATH}/{dag_id}/runs/{quote(run_id)}")
    data = {**found, "seconds": seconds_of(found["run"]), "is_busy": is_under_way([found["run"]])}
    return desk.page("run", data)


async def _dag(
    desk: Desk, dag_id: str, cursor: str, refusal: str = "", form: Form | None = None
) -> Response:
    found = await desk.apis.operations.get(f"{PATH}/{dag_id}", [("limit", 20), *after(cursor)])
    parameters = parameters_of(found)
    data = {
        "dag": found,
        "asked": parameters,
        "typed": {each.name: form.text(each.name) if form else each.value for each in parameters},
        "chart": durations(desk, found["runs"]),
        "runs": [(each, seconds_of(each)) for each in found["runs"]],
        "is_busy": is_under_way(found["runs"]),
        "is_asked": "start=" in desk.clerk.visit.here,
        "next_cursor": found["next_cursor"],
    }
    return desk.page("dag", data, refusal)


def parameters_of(dag: Document) -> list[Parameter]:
    """Return what a DAG takes, as a form asks for it."""
    return [
        Parameter(name, _kind(each), _text(each["value"]), each["description"])
        for name, each in dag["parameters"].items()
    ]


def typed_values(takes: Sequence[Parameter], form: Form) -> dict[str, int | str]:
    """Return what was typed, by parameter; what was left empty is left out."""
    filled = {each: form.text(each.name) for each in takes if form.text(each.name)}
    return {
        each.name: int(text) if each.kind == "number" and text.isdecimal() else text
        for each, text in filled.items()
    }


def is_under_way(runs: Sequence[Document]) -> bool:
    """Tell whether one of the runs is not over."""
    return any(each["state"] in UNDER_WAY for each in runs)


def seconds_of(run: Document) -> float | None:
    """Return how long a run took; None while it is under way."""
    if not run["started_at"] or not run["ended_at"]:
        return None
    began, ended = (dt.datetime.fromisoformat(run[name]) for name in ("started_at", "ended_at"))
    return (ended - began).total_seconds()


def durations(desk: Desk, runs: Sequence[Document]) -> Chart | None:
    """Return how long runs took, the oldest first; None for fewer than two."""
    over = [(each, seconds_of(each)) for each in reversed(runs)]
    known = [(each, seconds) for each, seconds in over if seconds is not None]
    if len(known) < 2:
        return None
    return Chart(
        name="durations",
        title=desk.speak("desk_runs.durations"),
        description=desk.speak("desk_runs.durations_text"),
        labels=[each["started_at"][5:16].replace("T", " ") for each, _ in known],
        series=[Series(desk.speak("desk_runs.took"), [seconds for _, seconds in known])],
        write=span,
        short=span,
    )


def _strip(desk: Desk, dag: Document) -> Markup:
    language = desk.language
    oldest_first = list(reversed(dag["runs"]))
    told = [(each["state"], f"{each['state']}: {_began(each, language)}") for each in oldest_first]
    title = desk.speak("desk_runs.strip", name=dag["dag_id"], n=len(told))
    return strip(f"s-{dag['dag_id']}", title, told)


def _began(run: Document, language: str) -> str:
    moment = run["started_at"] or run["queued_at"]
    return minute(moment, language) if moment else ""


def _kind(schema: Mapping[str, Any]) -> str:
    types = schema.get("type") or "string"
    if schema.get("format") == "date":
        return "date"
    return "number" if "integer" in ([types] if isinstance(types, str) else types) else "text"


def _text(value: object) -> str:
    return "" if value is None else str(value)
