"""The page about forecasts: how good they were, what is wrong of late, and what is foreseen now."""

import datetime as dt
import html
import math
from collections.abc import Mapping, Sequence
from typing import Any

from jobs.charts import Band, Line, chart
from jobs.cost_of_stock import StockCosts
from jobs.page_parts import Column, Rows, document, table
from jobs.shown_forecasts import ShownForecast
from models.evaluation.forecast_accounts import added, measures

BLUE, GREY, FAINT, GREEN, RED = "#2457c5", "#8a8a94", "#cfdcf7", "#2e8b57", "#c0392b"
WEEKS = ((1, 7), (8, 14), (15, 28))
N_SEGMENTS = 20
WHAT = Column("", "what")
MEASURES = (
    Column("units", "n_units"),
    Column("WAPE %", "wape"),
    Column("last week's same day %", "wape_naive"),
    Column("bias %", "bias"),
    Column("pinball p50", "pinball_50"),
    Column("within 80 %", "coverage_80"),
    Column("within 90 %", "coverage_90"),
)
COSTS = (
    Column("product", "title"),
    Column("units wanted, not there", "hidden_units"),
    Column("margin lost, cents", "lost_margin_cents"),
    Column("held too long, cents", "holding_cost_cents"),
)
RATIOS = ("wape", "wape_naive", "bias", "coverage_80", "coverage_90")


def page(
    rows: Rows,
    alarms: Mapping[str, str],
    shown: Sequence[ShownForecast],
    costs: StockCosts,
    date: dt.date,
) -> str:
    """Return the page as HTML.

    Parameters
    ----------
    rows
        Of the table `ForecastScore`, of the last days up to `date`.
    """
    body = _alarms(alarms, bool(rows)) + _scored(rows) + _costs(costs)
    plots = "".join(_product(each) for each in shown)
    return document(f"Demand forecasts, {date}", f"{body}<h2>What is foreseen</h2>{plots}")


def _alarms(alarms: Mapping[str, str], is_scored: bool) -> str:  # noqa: FBT001
    if not is_scored:
        return '<p class="none">No forecast has come true yet: the days it is of are still to come.</p>'
    if not alarms:
        return '<p class="well">Nothing is wrong with the forecasts of the last 7 days.</p>'
    return "".join(
        f'<p class="alarm"><b>{html.escape(name.replace("_", " "))}</b>: {html.escape(sentence)}.</p>'
        for name, sentence in alarms.items()
    )


def _costs(costs: StockCosts) -> str:
    """Return what too little and too much stock cost by day, and where most."""
    if not costs.by_day:
        return ""
    days = [each["date"] for each in costs.by_day]
    parts = [
        Line("margin lost while out of stock", _money(costs, "lost_margin_cents"), RED),
        Line("units held for more than 56 days", _money(costs, "holding_cost_cents"), GREEN),
    ]
    drawn = chart(days, parts, "costs by day") if len(days) > 1 else ""
    return f"<h2>What stock cost by day, estimated</h2>{drawn}{table(costs.worst, COSTS)}"


def _money(costs: StockCosts, name: str) -> list[float | None]:
    return [each[name] / 100 for each in costs.by_day]


def _scored(rows: Rows) -> str:
    if not rows:
        return ""
    whole = [row for row in rows if row["segment_kind"] == "all"]
    ahead = [
        _line(f"{first} to {last} days ahead", part)
        for first, last in WEEKS
        if (part := [row for row in whole if first <= _ahead(row) <= last])
    ]
    sections = [
        ("By how far ahead", ahead),
        ("By model", _by([{**row, "model": model_of(row)} for row in whole], "model")),
        ("By pace of sales", _by([r for r in rows if r["segment_kind"] == "pace"], "segment")),
        ("By category", _by([r for r in rows if r["segment_kind"] == "category"], "segment")),
    ]
    tables = "".join(f"<h2>{head}</h2>{table(t, (WHAT, *MEASURES))}" for head, t in sections)
    return _error_by_day(whole) + tables


def _error_by_day(whole: Rows) -> str:
    """Return the plot of WAPE by day of demand, of forecasts up to a week old."""
    near = [row for row in whole if _ahead(row) <= WEEKS[0][1]]
    days = sorted({row["date"] for row in near})
    if len(days) < 2:
        return ""
    found = [measures(added([row for row in near if row["date"] == day])) for day in days]
    parts = [
        Line("last week's same day", _percents(found, "wape_naive"), GREY, "dashed"),
        Line("forecast", _percents(found, "wape"), BLUE),
    ]
    return f"<h2>Error by day, 1 to 7 days ahead, WAPE %</h2>{chart(days, parts, 'WAPE by day')}"


def _by(rows: Rows, name: str) -> list[dict[str, Any]]:
    """Return a line for each value of a column, the most units first."""
    values = sorted({row[name] for row in rows})
    lines = [_line(value, [row for row in rows if row[name] == value]) for value in values]
    return sorted(lines, key=lambda line: -line["n_units"])[:N_SEGMENTS]


def _line(what: str, rows: Rows) -> dict[str, Any]:
    total = added(rows)
    found = measures(total)
    percents = {name: _rounded(100 * found[name], 1) for name in RATIOS}
    return {
        "what": what,
        "n_units": total["n_units"],
        "pinball_50": _rounded(found["pinball_50"], 3),
        **percents,
    }


def _product(each: ShownForecast) -> str:
    n_past, n_ahead = len(each.sold), len(each.mean)
    days = [each.made_on + dt.timedelta(days=n + 1 - n_past) for n in range(n_past + n_ahead)]
    before: list[float | None] = [None] * n_past
    after: list[float | None] = [None] * n_ahead
    demand = chart(
        days,
        [
            Band("8 of 10 days", [*before, *each.low], [*before, *each.high], FAINT),
            Line("sold", [*each.sold, *after], GREY),
            Line("foreseen mean", [*before, *each.mean], BLUE),
        ],
        f"units of {each.title} by day",
    )
    stock = chart(
        days, [Line("in stock at the day's end", [*each.stock, *after], GREEN, "step")], "stock"
    )
    cover = "" if each.days_of_cover is None else f" · stock for {_cover(each, n_ahead)}"
    return (
        f"<h3>{html.escape(each.title)} <small>{each.product_id}{cover}</small></h3>"
        f'<div class="pair">{demand}{stock}</div>'
    )


def _cover(each: ShownForecast, n_ahead: int) -> str:
    days = each.days_of_cover or 0.0
    return f"more than {n_ahead} days" if days >= n_ahead else f"{days:.1f} days"


def model_of(row: Mapping[str, Any]) -> str:
    """Return the name of the model, without what it learned from."""
    return str(row["model_version"]).partition(" ")[0]


def _ahead(row: Mapping[str, Any]) -> int:
    return int((row["date"] - row["made_on"]).days)


def _percents(found: Sequence[Mapping[str, float]], name: str) -> list[float | None]:
    return [_rounded(100 * each[name], 2) for each in found]


def _rounded(value: float, n_digits: int) -> float | None:
    return round(value, n_digits) if math.isfinite(value) else None
