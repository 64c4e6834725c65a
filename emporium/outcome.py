"""What came out of a run: the jobs' reports gathered, printed and written as JSON."""

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

JOBS = (
    "ingest",
    "publish_features",
    "build_search_index",
    "train_recommendations",
    "forecast_demand",
)


def read_reports(reports: Path, date: dt.date) -> dict[str, Any]:
    """Return each job's figures of a day; a job that left none is missing."""
    found = {}
    for job in JOBS:
        path = reports / job / f"{date}.json"
        if path.exists():
            found[job] = json.loads(path.read_text())
    return found


def show(console: Console, figures: dict[str, Any]) -> None:
    """Print the figures as tables."""
    for job, report in figures["reports"].items():
        table = Table("figure", "value", title=job, title_justify="left", show_edge=False)
        for name, value in flat(report):
            table.add_row(name, shown(value))
        console.print(table)
    steps = Table("step", "seconds", title="time", title_justify="left", show_edge=False)
    for name, seconds in figures["seconds"].items():
        steps.add_row(name, f"{seconds:,.1f}")
    console.print(steps)
    console.print(f"peak memory of all processes: {figures['peak_memory_gb']:.2f} GB")


def flat(report: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - JSON
    """Yield a report's leaves with their dotted names."""
    if isinstance(report, dict):
        for name, value in report.items():
            yield from flat(value, f"{prefix}{name} · ")
    else:
        yield prefix.removesuffix(" · "), report


def shown(value: Any) -> str:  # noqa: ANN401 - JSON
    """Return a figure as people read it."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    return f"{value:,}" if isinstance(value, int) else f"{value:,.4f}"


def write_json(figures: dict[str, Any], path: Path) -> None:
    """Write the figures at once."""
    aside = path.with_name(path.name + ".tmp")
    aside.write_text(json.dumps(figures, indent=2, default=str))
    aside.replace(path)
