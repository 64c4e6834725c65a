"""/operations/reports: the files that jobs leave for people."""

import asyncio
import datetime as dt
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query, Response
from fastapi import Path as InPath
from fastapi.responses import FileResponse

from operations.deps import OperatorDep, SettingsDep
from operations.problems import UnknownProblem
from operations.schemas import ReportFile, ReportGroup, ReportList

router = APIRouter(prefix="/reports", tags=["reports"])
Group = Annotated[str, InPath(pattern="^[a-z_]{1,60}$")]
FileName = Annotated[str, InPath(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,120}\.(html|json|csv)$")]
NewestFiles = Annotated[int, Query(ge=1, le=200, description="of each folder, the newest")]
KINDS = {".html": "text/html", ".json": "application/json", ".csv": "text/csv"}
# Reports bring their own styles and drawings; they get no scripts, and no origin of ours.
SANDBOX = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"


@router.get("")
async def list_reports(_: OperatorDep, settings: SettingsDep, n: NewestFiles = 30) -> ReportList:
    """Return the newest reports of each kind."""
    return ReportList(groups=await asyncio.to_thread(groups, settings.reports, n))


@router.get("/{group}/{name}", response_class=FileResponse)
async def read_report(
    group: Group, name: FileName, _: OperatorDep, settings: SettingsDep
) -> Response:
    """Return a report as it is; a page may run no scripts."""
    path = settings.reports / group / name
    if not path.is_file():
        raise UnknownProblem(f"There is no report {group}/{name}: GET /api/v1/operations/reports.")
    headers = {"Content-Security-Policy": SANDBOX, "X-Content-Type-Options": "nosniff"}
    return FileResponse(path, media_type=KINDS[path.suffix], headers=headers)


def groups(reports: Path, n: int) -> list[ReportGroup]:
    """Return the folders of reports, each with its `n` newest files."""
    found = []
    for folder in sorted(each for each in reports.glob("*") if each.is_dir()):
        files = [each for each in folder.iterdir() if each.suffix in KINDS]
        newest = sorted(files, key=lambda each: (each.stem, each.suffix), reverse=True)[:n]
        views = [_file(each) for each in newest]
        found.append(ReportGroup(name=folder.name, n_files=len(files), files=views))
    return found


def _file(path: Path) -> ReportFile:
    about = path.stat()
    written_at = dt.datetime.fromtimestamp(about.st_mtime, dt.UTC)
    return ReportFile(
        path=f"{path.parent.name}/{path.name}", n_bytes=about.st_size, written_at=written_at
    )
