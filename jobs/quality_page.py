"""The page of a model: what is wrong with it now, and how its figures went."""

import datetime as dt
import html
from collections.abc import Sequence
from typing import Any

from jobs.charts import Line, chart
from jobs.page_parts import Column, Rows, document, table
from jobs.quality_served import VersionClicks

BLUE, RED = "#2457c5", "#c0392b"
TITLES = {
    "recommender": "The recommender",
    "search": "The search",
    "demand": "Demand forecasts",
    "data": "The shop's data",
}
HEADS = {
    "skew": "Served otherwise than the lake has it (share of values)",
    "stale_feature": "Age of features that rankers read (hours)",
    "drift": "Features against the day that taught the model (stability index)",
    "missing_day": "Days of the week without rows",
    "quarantine": "Rows in quarantine (share)",
    "unit_mismatch": "Prices a power of ten off (share)",
    "leak": "Rows that know of what came after (share)",
    "index_age": "Age of the index (days)",
    "model_age": "Age of models (days)",
}
FIGURES = (
    Column("of", "subject"),
    Column("value", "shown"),
    Column("bound", "shown_bound"),
    Column("since", "shown_since"),
)
VERSIONS = (
    Column("version", "version"),
    Column("answers", "n_answers"),
    Column("of which led to a click", "n_clicked", "n_answers"),
)


ARMS = (
    Column("experiment", "experiment"),
    Column("arm", "arm"),
    Column("metric", "metric"),
    Column("units", "n_units"),
    Column("value", "shown"),
    Column("lift", "shown_lift"),
    Column("verdict", "verdict"),
)


def page(
    model: str,
    history: Rows,
    clicks: Sequence[VersionClicks],
    date: dt.date,
    arms: Rows = (),
) -> str:
    """Return the page as HTML.

    Parameters
    ----------
    history
        Of the table `QualityFinding`, the model's, of the last days up to `date`.
    arms
        Of the table `ExperimentResult`, of `date`.
    """
    today = [row for row in history if row["date"] == date]
    sections = "".join(
        _section(head, [row for row in history if row["alert"] == alert], date)
        for alert, head in HEADS.items()
        if any(row["alert"] == alert for row in today)
    )
    versions = [each.__dict__ for each in clicks]
    told = f"<h2>What came of the day's answers</h2>{table(versions, VERSIONS)}" if versions else ""
    return document(f"{TITLES[model]}, {date}", _alarms(today) + sections + told + _arms(arms))


def _arms(arms: Rows) -> str:
    """Return how the arms of running experiments do; nothing where none runs."""
    if not arms:
        return ""
    lines = [
        {**row, "shown": _number(row["value"]), "shown_lift": _number(row["lift_ratio"])}
        for row in arms
    ]
    return f"<h2>Experiments, by arm</h2>{table(lines, ARMS)}"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"


def _alarms(today: Rows) -> str:
    breached = [row for row in today if row["is_breached"]]
    if not today:
        return '<p class="none">Nothing could be checked.</p>'
    if not breached:
        return f'<p class="well">All {len(today)} figures are within their bounds.</p>'
    return "".join(
        f'<p class="alarm"><b>{html.escape(row["alert"].replace("_", " "))}</b> since {row["since"]}: '
        f"{html.escape(row['sentence'])}.</p>"
        for row in breached
    )


def _section(head: str, rows: Rows, date: dt.date) -> str:
    lines = [_line(row) for row in rows if row["date"] == date]
    lines.sort(key=lambda line: -line["value"])
    return f"<h2>{html.escape(head)}</h2>{_plot(head, rows)}{table(lines, FIGURES)}"


def _line(row: Any) -> dict[str, Any]:  # noqa: ANN401 - a row of any table
    return {
        **row,
        "shown": f"{row['value']:.3g}",
        "shown_bound": f"{row['bound']:.3g}",
        "shown_since": str(row["since"] or ""),
    }


def _plot(head: str, rows: Rows) -> str:
    """Return the plot of the greatest value of each day beside its bound; of one day none."""
    days = sorted({row["date"] for row in rows})
    if len(days) < 2:
        return ""
    of_day = [[row for row in rows if row["date"] == day] for day in days]
    greatest = [max(row["value"] for row in each) for each in of_day]
    bounds = [each[0]["bound"] for each in of_day]
    parts = [Line("greatest", greatest, BLUE), Line("bound", bounds, RED, "dashed")]
    return chart(days, parts, head)
