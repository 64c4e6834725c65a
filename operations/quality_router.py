"""/operations/quality, /quarantine, /experiments: what jobs found, as the lake has it."""

import asyncio
import datetime as dt
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi import Path as InPath
from pydantic import Field, TypeAdapter

from features.schemas.experiments import ExperimentName
from features.schemas.lake import ExperimentResult, QualityFinding
from features.schemas.logs import LOGS
from operations import lake
from operations.deps import Cursor, OperatorDep, SettingsDep
from operations.problems import UnknownProblem
from operations.schemas import (
    ArmResult,
    BreachCount,
    ExperimentResults,
    FindingView,
    QualityReport,
    Quarantine,
    QuarantineDay,
    ReasonCount,
    RefusedRow,
    RefusedRows,
    Text,
)
from web import cursors

router = APIRouter(tags=["quality"])
N_HISTORY_DAYS = 28
N_REASONS = 20
TABLES = frozenset(row.table for row in LOGS)
Table = Annotated[str, InPath(pattern="^[a-z_]{1,60}$", description="a log")]
Days = Annotated[int, Query(ge=1, le=60, description="of each log, the newest")]
Limit = Annotated[int, Query(ge=1, le=100)]
ReasonText = Annotated[Text, Query(max_length=500, description="only rows refused for it")]
PLACE = TypeAdapter(tuple[Annotated[int, Field(ge=0, le=10**7)]])


@router.get("/quality")
async def read_quality(_: OperatorDep, settings: SettingsDep) -> QualityReport:
    """Return the newest figures of quality, and how many were beyond their bounds day by day."""
    return await asyncio.to_thread(lake.again, lambda: quality(settings.lake))


@router.get("/quarantine")
async def list_quarantine(_: OperatorDep, settings: SettingsDep, days: Days = 14) -> Quarantine:
    """Return logs and days with refused rows, and for which reasons."""
    found = await asyncio.to_thread(lake.again, lambda: quarantine(settings.lake, days))
    return Quarantine(days=found)


@router.get("/quarantine/{table}")
async def read_refused(
    table: Table,
    day: Annotated[dt.date, Query(description="YYYY-MM-DD")],
    _: OperatorDep,
    settings: SettingsDep,
    reason: ReasonText = "",
    limit: Limit = 20,
    cursor: Cursor = None,
) -> RefusedRows:
    """Return refused rows of a log's day as they came."""
    if table not in TABLES:
        raise UnknownProblem(f"There is no log {table}; there are {sorted(TABLES)}.")
    listing = f"refused {table} {day} {reason}"
    first = cursors.decode(cursor, listing, PLACE)[0] if cursor else 0
    found = await asyncio.to_thread(
        lake.again, lambda: lake.refused(settings.lake, table, day, reason, (first, limit + 1))
    )
    more = cursors.encode([first + limit], listing) if len(found) > limit else None
    return RefusedRows(rows=[_refused(each) for each in found[:limit]], next_cursor=more)


@router.get("/experiments/{name}")
async def read_results(
    name: Annotated[ExperimentName, InPath()], _: OperatorDep, settings: SettingsDep
) -> ExperimentResults:
    """Return what an experiment came to by its newest day."""
    return await asyncio.to_thread(lake.again, lambda: results(settings.lake, name))


def quality(root: Path) -> QualityReport:
    """Return the newest day's findings and the counts of the last 28 days."""
    found = lake.days(root, "derived", QualityFinding.table)[:N_HISTORY_DAYS]
    by_day = {day: lake.rows(root, "derived", QualityFinding.table, day) for day in found}
    history = [
        BreachCount(
            day=day, n_breached=sum(row["is_breached"] for row in rows), n_figures=len(rows)
        )
        for day, rows in by_day.items()
    ]
    newest = by_day[found[0]] if found else []
    views = [FindingView.model_validate({**row}) for row in newest]
    worst_first = sorted(views, key=lambda each: (not each.is_breached, each.alert, each.subject))
    return QualityReport(
        day=found[0] if found else None, findings=worst_first, history=history[::-1]
    )


def quarantine(root: Path, n_days: int) -> list[QuarantineDay]:
    """Return the days of each log that have refused rows, the newest first."""
    found = []
    for table in sorted(TABLES):
        for day in lake.days(root, "quarantine", table)[:n_days]:
            n_rows, counted = lake.reasons(root, table, day)
            if n_rows:
                counts = [
                    ReasonCount(reason=reason, n_rows=n)
                    for reason, n in counted.most_common(N_REASONS)
                ]
                found.append(QuarantineDay(table=table, day=day, n_rows=n_rows, reasons=counts))
    return sorted(found, key=lambda each: (-each.day.toordinal(), each.table))


def results(root: Path, name: str) -> ExperimentResults:
    """Return an experiment's rows of the newest day that has any, of its newest version."""
    for day in lake.days(root, "derived", ExperimentResult.table)[:N_HISTORY_DAYS]:
        rows = lake.rows(root, "derived", ExperimentResult.table, day)
        own = [row for row in rows if row["experiment"] == name]
        if own:
            version = max(row["experiment_version"] for row in own)
            views = [
                ArmResult.model_validate(row) for row in own if row["experiment_version"] == version
            ]
            return ExperimentResults(day=day, experiment_version=version, results=views)
    return ExperimentResults(day=None, experiment_version=None, results=[])


def _refused(row: lake.Row) -> RefusedRow:
    values = {name: lake.shown(value) for name, value in row.items() if name != lake.REASONS}
    return RefusedRow(reasons=row[lake.REASONS] or [], values=values)
