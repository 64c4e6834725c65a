"""What came out of a run: the jobs' reports gathered, printed and written as JSON."""

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from jobs.reports import finite

JOBS = (
    "ingest",
    "publish_features",
    "build_search_index",
    "train_search_ranker",
    "train_recommendations",
    "forecast_demand",
    "score_forecasts",
    "plan_purchases",
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
    reports = figures["reports"]
    console.print(ingest_table(reports.get("ingest", {})))
    for job in JOBS[1:]:
        rest, matrices = taken_apart(job, reports.get(job, {}))
        for title, by_model in matrices:
            console.print(matrix(title, by_model))
        console.print(listing(job if not matrices else "", rest))
    console.print(listing("seconds", figures["seconds"]))
    console.print(f"peak memory of all processes: {figures['peak_memory_gb']:.2f} GB")


def taken_apart(
    title: str, report: dict[str, Any]
) -> tuple[dict[str, Any], list[tuple[str, dict[str, Any]]]]:
    """Return a report's single figures and, with titles, its tables of measures by model."""
    rest: dict[str, Any] = {}
    matrices: list[tuple[str, dict[str, Any]]] = []
    for name, value in report.items():
        if name == "models":
            matrices.insert(0, (title, value))
        elif isinstance(value, dict) and "models" in value:
            below, more = taken_apart(f"{title} · {name}", value)
            rest |= dict(flat(below, f"{name} · "))
            matrices += more
        else:
            rest |= dict(flat({name: value}))
    return rest, matrices


def ingest_table(report: dict[str, Any]) -> Table:
    """Return rows in, validated and quarantined by reason, a line per log and reason."""
    table = _table("ingest", "log", "rows in", "validated", "quarantined", "by reason")
    for log, counts in report.items():
        reasons = sorted(counts["quarantined"].items(), key=lambda pair: -pair[1])
        n_quarantined = sum(counts["quarantined"].values())
        row = [log, *(shown(n) for n in (counts["n_rows"], counts["n_validated"], n_quarantined))]
        table.add_row(*row, "\n".join(f"{n:,} {reason}" for reason, n in reasons))
    return table


def matrix(title: str, by_name: Mapping[str, Mapping[str, float | str]]) -> Table:
    """Return one line per model and one column per measure."""
    measures = list(dict.fromkeys(name for values in by_name.values() for name in values))
    table = _table(title, "model", *measures)
    for name, values in by_name.items():
        if not values:  # no champion yet
            continue
        table.add_row(name, *(shown(values.get(measure, "")) for measure in measures))
    return table


def listing(title: str, values: dict[str, Any]) -> Table:
    """Return one line per figure."""
    table = _table(title, "figure", "value")
    for name, value in values.items():
        table.add_row(name, shown(value))
    return table


def _table(title: str, *headers: str) -> Table:
    table = Table(title=title, title_justify="left", show_edge=False, title_style="bold")
    for n, header in enumerate(headers):
        table.add_column(header, justify="left" if n == 0 or header == "by reason" else "right")
    return table


def flat(report: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - JSON
    """Yield a report's leaves with their dotted names."""
    if isinstance(report, dict):
        for name, value in report.items():
            yield from flat(value, f"{prefix}{name} · ")
    else:
        yield prefix.removesuffix(" · "), report


def shown(value: Any) -> str:  # noqa: ANN401 - JSON
    """Return a figure as people read it."""
    if value is None:
        return "none"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    return f"{value:,}" if isinstance(value, int) else f"{value:,.4f}"


def write_json(figures: dict[str, Any], path: Path) -> None:
    """Write the figures at once."""
    aside = path.with_name(path.name + ".tmp")
    aside.write_text(json.dumps(finite(figures), indent=2, default=str))
    aside.replace(path)
