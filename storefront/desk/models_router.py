"""/ops/models: what serves, what would, and changing that by hand."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from storefront.apis import ApiError, Document
from storefront.deps import FormDep
from storefront.desk.charts import Chart, Series
from storefront.desk.desk import Desk, DeskDep, after
from storefront.errors import PageRoute

router = APIRouter(prefix="/ops/models", route_class=PageRoute)
Name = Annotated[str, Path(pattern="^[A-Za-z0-9_.-]{1,100}$")]
Version = Annotated[str, Path(pattern="^[1-9][0-9]{0,8}$")]
Cursor = Annotated[str, Query(max_length=500)]
PATH = "/operations/models"
N_CHARTED = 20


@router.get("")
async def list_models(desk: DeskDep) -> Response:
    """Show all models and which of their versions serve."""
    return desk.page("models", await desk.apis.operations.get(PATH))


@router.get("/{name}")
async def show_model(name: Name, desk: DeskDep, cursor: Cursor = "") -> Response:
    """Show a model's versions, and champion beside challenger."""
    return await _model(desk, name, cursor)


@router.get("/{name}/promote/{version}")
async def ask_to_promote(name: Name, version: Version, desk: DeskDep) -> Response:
    """Ask whether a version shall be the champion, and why."""
    return await _confirm(desk, name, "promote", version)


@router.post("/{name}/promote/{version}")
async def promote(name: Name, version: Version, desk: DeskDep, form: FormDep) -> Response:
    """Make a version the champion."""
    body = {
        "version": version,
        "reason": form.text("reason"),
        "champion": form.text("champion") or None,
    }
    try:
        await desk.apis.operations.send("POST", f"{PATH}/{name}/promote", body)
    except ApiError as error:
        return await _confirm(desk, name, "promote", version, desk.why(error))
    return desk.go(f"/ops/models/{name}", "promoted", version)


@router.get("/{name}/roll-back")
async def ask_to_roll_back(name: Name, desk: DeskDep) -> Response:
    """Ask whether the champion before shall serve again, and why."""
    return await _confirm(desk, name, "roll_back", "")


@router.post("/{name}/roll-back")
async def roll_back(name: Name, desk: DeskDep, form: FormDep) -> Response:
    """Make the champion before this one the champion again."""
    body = {"reason": form.text("reason"), "champion": form.text("champion")}
    try:
        made = await desk.apis.operations.send("POST", f"{PATH}/{name}/roll-back", body)
    except ApiError as error:
        return await _confirm(desk, name, "roll_back", "", desk.why(error))
    return desk.go(f"/ops/models/{name}", "rolled_back", made["champion"])


async def _confirm(desk: Desk, name: str, step: str, version: str, refusal: str = "") -> Response:
    found = await desk.apis.operations.get(f"{PATH}/{name}", [("limit", N_CHARTED)])
    model, versions = found["model"], found["versions"]
    goal = version or model["previous"]
    data = {
        "model": model,
        "step": step,
        "goal": goal,
        "rows": compared(versions, [model["champion"], goal]) if goal else [],
    }
    return desk.page("model_confirm", data, refusal)


async def _model(desk: Desk, name: str, cursor: str) -> Response:
    params = [("limit", N_CHARTED), *after(cursor)]
    found = await desk.apis.operations.get(f"{PATH}/{name}", params)
    model, versions = found["model"], found["versions"]
    pair = [model["champion"], model["challenger"]]
    data = {
        **found,
        "rows": compared(versions, pair) if pair[0] != pair[1] and None not in pair else [],
        "chart": progress(desk, versions),
        "headline": headline,
    }
    return desk.page("model", data)


@dataclass(frozen=True)
class Compared:
    """A figure of two versions; None where a version has none."""

    name: str
    first: float | None
    second: float | None


def compared(versions: Sequence[Document], pair: Sequence[str | None]) -> list[Compared]:
    """Return the figures of two versions side by side; nothing if one of them is not there."""
    by_number = {each["version"]: each["metrics"] for each in versions}
    if any(number not in by_number for number in pair):
        return []
    first, second = (by_number[number] for number in pair if number)
    return [Compared(name, first.get(name), second.get(name)) for name in sorted({*first, *second})]


def headline(version: Document) -> str:
    """Return the figure that a version is told by: NDCG of its method, else of any, else the first."""
    metrics = version["metrics"]
    own = f"{version['params'].get('method', '')}_ndcg"
    ranked = [own, *sorted(name for name in metrics if "ndcg" in name), *sorted(metrics)]
    return next((name for name in ranked if name in metrics), "")


def progress(desk: Desk, versions: Sequence[Document]) -> Chart | None:
    """Return the headline figure by version, the oldest first; None for fewer than two."""
    oldest_first = [each for each in reversed(versions) if headline(each)]
    if len(oldest_first) < 2:
        return None
    return Chart(
        name="progress",
        title=desk.speak("desk_model.progress"),
        description=desk.speak("desk_model.progress_text"),
        labels=[each["version"] for each in oldest_first],
        series=[
            Series(
                headline(oldest_first[-1]),
                [each["metrics"][headline(each)] for each in oldest_first],
            )
        ],
        write=four_digits,
        short=two_digits,
    )


def four_digits(value: float) -> str:
    """Return a figure as tables of models have it."""
    return f"{value:.4f}"


def two_digits(value: float) -> str:
    """Return a figure as an axis has it."""
    return f"{value:.2g}"
