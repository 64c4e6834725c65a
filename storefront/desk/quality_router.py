"""/ops/quality and /ops/reports: what is wrong with data, what was refused, and what jobs wrote."""

import asyncio
import datetime as dt
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from storefront.apis import Document
from storefront.desk.charts import Chart, Series
from storefront.desk.desk import Desk, DeskDep, Pairs, after
from storefront.errors import PageRoute
from storefront.formats import short_day
from storefront.pages import PRIVATE

router = APIRouter(prefix="/ops", route_class=PageRoute)
Table = Annotated[str, Path(pattern="^[a-z_]{1,60}$")]
Cursor = Annotated[str, Query(max_length=500)]
Reason = Annotated[str, Query(max_length=500)]
Group = Annotated[str, Path(pattern="^[a-z_]{1,60}$")]
FileName = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,120}\.(html|json|csv)$")]
SANDBOX = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"


@router.get("/quality")
async def show_quality(desk: DeskDep) -> Response:
    """Show what is beyond its bounds, and what was refused."""
    operations = desk.apis.operations
    quality, quarantine = await asyncio.gather(
        operations.get("/operations/quality"), operations.get("/operations/quarantine")
    )
    data = {
        **quality,
        "breached": [each for each in quality["findings"] if each["is_breached"]],
        "kept": [each for each in quality["findings"] if not each["is_breached"]],
        "refused": quarantine["days"],
        "charts": charts(desk, quality["history"], quarantine["days"]),
    }
    return desk.page("quality", data)


@router.get("/quality/{table}")
async def show_refused(
    table: Table, day: dt.date, desk: DeskDep, reason: Reason = "", cursor: Cursor = ""
) -> Response:
    """Show refused rows of a log's day as they came."""
    params: Pairs = [("day", str(day)), ("reason", reason), ("limit", 20), *after(cursor)]
    found = await desk.apis.operations.get(f"/operations/quarantine/{table}", params)
    names = list(dict.fromkeys(name for row in found["rows"] for name in row["values"]))
    data = {**found, "names": names, "table": table, "day": str(day), "reason": reason}
    return desk.page("refused", data)


@router.get("/reports")
async def list_reports(desk: DeskDep) -> Response:
    """Show what jobs wrote for people."""
    return desk.page("reports", await desk.apis.operations.get("/operations/reports"))


@router.get("/reports/{group}/{name}")
async def send_report(group: Group, name: FileName, desk: DeskDep) -> Response:
    """Send a report as it is; a page of it may run no scripts, and has no origin of ours."""
    path = f"/operations/reports/{group}/{name}"
    media_type, content = await desk.apis.operations.file(path)
    headers = {**PRIVATE, "Content-Security-Policy": SANDBOX, "Content-Type": media_type}
    response = Response(content, headers=headers)
    desk.clerk.visit.write_to(response)
    return response


def charts(desk: Desk, history: list[Document], refused: list[Document]) -> list[Chart]:
    """Return breaches by day and refused rows by day; each only where there are two days."""
    language = desk.language
    breaches = [(each["day"], each["n_breached"]) for each in history]
    by_day: dict[str, int] = {}
    for each in reversed(refused):
        by_day[each["day"]] = by_day.get(each["day"], 0) + each["n_rows"]
    rows = [("breaches", breaches), ("refused", sorted(by_day.items()))]
    return [
        Chart(
            name=name,
            title=desk.speak(f"desk_quality.{name}"),
            description=desk.speak(f"desk_quality.{name}_text"),
            labels=[short_day(day, language) for day, _ in numbers],
            series=[Series(desk.speak(f"desk_quality.{name}_n"), [n for _, n in numbers])],
            write=desk.number,
            short=desk.number,
        )
        for name, numbers in rows
        if len(numbers) > 1
    ]
