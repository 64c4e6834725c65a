"""/ops/experiments: what is tried on a part of the shoppers, and what it came to."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from features.schemas.experiments import ExperimentName
from storefront.apis import ApiError, Document, RefusedError, part
from storefront.deps import Form, FormDep
from storefront.desk.charts import Interval, Intervals
from storefront.desk.desk import Desk, DeskDep, after
from storefront.desk.experiment_form import CHOICES, experiment_of, typed_of, wrong_of
from storefront.desk.fields import FieldError
from storefront.errors import PageRoute

router = APIRouter(prefix="/ops/experiments", route_class=PageRoute)
Name = Annotated[ExperimentName, Path()]
Cursor = Annotated[str, Query(max_length=500)]


@router.get("")
async def list_experiments(desk: DeskDep, cursor: Cursor = "") -> Response:
    """Show all experiments."""
    return await _experiments(desk, cursor, {})


@router.post("")
async def add_experiment(desk: DeskDep, form: FormDep) -> Response:
    """Make a draft; what is wrong is told beside its field."""
    key = {"Idempotency-Key": form.text("key")}
    wrong: dict[str, str] = {}
    try:
        made = await desk.apis.shop.send("POST", "/experiments", experiment_of(form), key)
    except FieldError as error:
        wrong = {error.name: desk.speak("desk.unreadable")}
        return await _experiments(desk, "", wrong, desk.speak("desk.wrong_fields"), form)
    except ApiError as error:
        wrong = wrong_of(error, form) if isinstance(error, RefusedError) else {}
        why = desk.speak("desk.wrong_fields") if wrong else desk.why(error)
        return await _experiments(desk, "", wrong, why, form)
    return desk.go(f"/ops/experiments/{made['name']}", "experiment_added", made["name"])


@router.get("/{name}")
async def show_experiment(name: Name, desk: DeskDep) -> Response:
    """Show an experiment, its arms and their figures."""
    return await _experiment(desk, name)


@router.post("/{name}")
async def decide(name: Name, desk: DeskDep, form: FormDep) -> Response:
    """Start a draft, stop an arm, or stop the experiment."""
    path, version = f"/experiments/{name}", {"If-Match": f'"{form.number("version")}"'}
    reason = {"reason": form.text("reason")}
    step, arm = form.text("step"), form.text("arm")
    steps: dict[str, tuple[str, dict[str, str] | None]] = {
        "start": (f"{path}/start", None),
        "stop": (f"{path}/stop", reason),
        "stop_arm": (f"{path}/arms/{arm}/stop", reason),
    }
    if step not in steps or (step == "stop_arm" and not arm.replace("-", "").isalnum()):
        return desk.clerk.message("invalid", 422)
    try:
        await desk.apis.shop.send("POST", *steps[step], version)
    except ApiError as error:
        return await _experiment(desk, name, desk.why(error))
    return desk.go(f"/ops/experiments/{name}", f"experiment_{step}", arm or name)


async def _experiments(
    desk: Desk,
    cursor: str,
    wrong: Mapping[str, str],
    refusal: str = "",
    form: Form | None = None,
) -> Response:
    found = await desk.apis.shop.get("/experiments", [("limit", 25), *after(cursor)])
    data = {
        **found,
        "choices": CHOICES,
        "typed": typed_of(form),
        "wrong": wrong,
        "key": desk.clerk.new_id(),
    }
    return desk.page("experiments", data, refusal)


async def _experiment(desk: Desk, name: str, refusal: str = "") -> Response:
    experiment, told = await asyncio.gather(
        desk.apis.shop.get(f"/experiments/{name}"),
        part(desk.apis.operations.get(f"/operations/experiments/{name}")),
    )
    results = told["results"] if told else []
    data = {
        "experiment": experiment,
        "told": told,
        "metrics": by_metric(results),
        "chart": lifts(desk, results),
    }
    return desk.page("experiment", data, refusal)


def by_metric(results: Sequence[Document]) -> dict[str, list[Document]]:
    """Return arms' figures by metric, the control first."""
    found: dict[str, list[Document]] = {}
    for each in sorted(results, key=lambda one: (one["metric"], not one["is_control"], one["arm"])):
        found.setdefault(each["metric"], []).append(each)
    return found


def lifts(desk: Desk, results: Sequence[Document]) -> Intervals | None:
    """Return how far arms are from control, with what one look allows; None without figures."""
    intervals = [
        Interval(
            label=f"{each['arm']}: {each['metric'].replace('_', ' ')}",
            low=each["lift_low"],
            value=each["lift_ratio"],
            high=each["lift_high"],
            look=each["verdict"],
        )
        for each in results
        if None not in (each["lift_low"], each["lift_ratio"], each["lift_high"])
    ]
    if not intervals:
        return None
    title = desk.speak("desk_experiment.lifts")
    text = desk.speak("desk_experiment.lifts_text")
    return Intervals("lifts", title, text, intervals, desk.percent)
