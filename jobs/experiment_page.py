"""The page about an experiment: who is in it, what each arm does to each metric, and how that came."""

import datetime as dt
import html
import math
from collections.abc import Mapping, Sequence
from typing import Any

from features.schemas.experiments import LOWER_IS_BETTER, Arm, Treatment
from jobs.charts import Band, Line, chart
from jobs.experiment_log import KnownExperiment
from jobs.interval_chart import Bar, interval_chart
from jobs.page_parts import Column, Rows, document, table
from models.evaluation.experiments.analysis import PREFERENCE
from models.evaluation.experiments.mismatch import ALARM_BELOW
from models.evaluation.experiments.power import detectable
from models.evaluation.experiments.ratios import LEVEL, normal_quantile

COLOURS = ("#8a8a94", "#2457c5", "#2e8b57", "#c0392b", "#b8860b")
FAINT = ("#e4e4ea", "#cfdcf7", "#d3eadd", "#f6d8d4", "#f3e6c4")
VERDICTS = {
    "better": "surely better",
    "worse": "surely worse",
    "undecided": "not decided",
    "breach": "guardrail broken",
    "broken": "not to be trusted",
    "control": "",
}
ARMS = (
    Column("arm", "arm"),
    Column("what it does", "does"),
    Column("share %", "share"),
    Column("units", "n_units"),
    Column("stopped because", "stopped"),
)
METRICS = (
    Column("arm", "arm"),
    Column("value", "value"),
    Column("95 % from", "low"),
    Column("to", "high"),
    Column("beside control %", "lift"),
    Column("can be found %", "findable"),
    Column("p, one look", "p"),
    Column("p, any look", "p_any"),
    Column("variance left by CUPED %", "left"),
    Column("so far", "verdict"),
)

POLICIES = (
    Column("policy", "policy"),
    Column("revenue per unit", "revenue_per_unit_cents"),
    Column("95 % from", "low"),
    Column("to", "high"),
    Column("units it is known of", "n_effective"),
)


def page(
    known: KnownExperiment,
    told: Mapping[str, Any],
    history: Rows,
    stops: Sequence[Mapping[str, str]],
    date: dt.date,
) -> str:
    """Return the page as HTML.

    Parameters
    ----------
    told
        The version's figures (`jobs.analyse_experiments.told`).
    history
        Its rows of `ExperimentResult`, of all days up to `date`.
    stops
        What this run stopped.
    """
    experiment = known.experiment
    today = [row for row in history if row["date"] == date]
    body = "".join(
        [
            _state(known),
            *(_alarm(f"{each['arm']} stopped", _stop_words(each)) for each in stops),
            _mismatch(told),
            "<h2>Arms</h2>",
            table([_arm(known, arm, told) for arm in experiment.arms], ARMS),
            _overview(today),
            *(_metric(metric, history, date) for metric in _metrics(today)),
            _policies(told["policies"]),
        ]
    )
    version = experiment.experiment_version
    return document(f"Experiment {experiment.name}, version {version}, {date}", body)


def _state(known: KnownExperiment) -> str:
    words = f"{known.state} since {known.starts_at:%Y-%m-%d %H:%M}"
    if known.over_at:
        words = f"{known.state}: {known.starts_at:%Y-%m-%d %H:%M} to {known.over_at:%Y-%m-%d %H:%M}"
    reason = f", {known.reason}" if known.reason else ""
    layer = f"layer {known.experiment.layer}, {known.experiment.n_buckets / 100:g} % of its units"
    return f"<p>{html.escape(f'{words}{reason} · {layer}')}</p>"


def _alarm(head: str, words: str) -> str:
    return f'<p class="alarm"><b>{html.escape(head)}</b>: {html.escape(words)}.</p>'


def _stop_words(stop: Mapping[str, str]) -> str:
    champion = f"; champion {stop['champion']}" if "champion" in stop else ""
    return f"{stop['reason']}; told {stop['told']}{champion}"


def _mismatch(told: Mapping[str, Any]) -> str:
    p_value = told["mismatch_p_value"]
    if p_value < ALARM_BELOW:
        words = (
            f"units by arm are not as they were shared out, p = {p_value:.1e}; find out why first"
        )
        return _alarm("Not to be trusted", words)
    return f'<p class="well">Units by arm are as they were shared out, p = {p_value:.2f}.</p>'


def _arm(known: KnownExperiment, arm: Arm, told: Mapping[str, Any]) -> dict[str, Any]:
    does = words_of(arm)
    if arm.beside:
        does = f"{does} | {words_of(arm.beside)}, as one list"
    return {
        "arm": arm.name,
        "does": does,
        "share": arm.share_basis_points / 100,
        "n_units": told["units"][arm.name],
        "stopped": known.experiment.stopped_arms.get(arm.name, ""),
    }


def words_of(way: Treatment) -> str:
    """Return what is done otherwise, in words."""
    told = {name: getattr(way, name) for name in sorted(way.changed())}
    return ", ".join(f"{name} {value}" for name, value in told.items()) or "as without it"


def _overview(today: Rows) -> str:
    """Return the plot of all metrics beside control's, with bounds that hold at all looks."""
    bars = [bar for row in today if (bar := _bar(row)) is not None]
    if not bars:
        return ""
    title = "Beside control, %, with bounds that hold however often one looks"
    return f"<h2>{title}</h2>{interval_chart(bars, title)}"


def _bar(row: Mapping[str, Any]) -> Bar | None:
    low, high, lift = row["sequential_low"], row["sequential_high"], row["lift_ratio"]
    if None in (low, high, lift, row["value"]) or lift <= -1:
        return None
    control = row["value"] / (1 + lift)
    label = f"{row['metric']} · {row['arm']}"
    is_cost = row["metric"] in LOWER_IS_BETTER
    return Bar(label, 100 * lift, 100 * low / control, 100 * high / control, is_cost)


def _metrics(today: Rows) -> list[str]:
    return list(dict.fromkeys(row["metric"] for row in today))


def _metric(metric: str, history: Rows, date: dt.date) -> str:
    rows = [row for row in history if row["metric"] == metric]
    lines = [_line(row) for row in rows if row["date"] == date]
    head = "Preference for the second list; 0.5 is neither" if metric == PREFERENCE else metric
    return f"<h2>{html.escape(head)}</h2>{_course(metric, rows)}{table(lines, METRICS)}"


def _course(metric: str, rows: Rows) -> str:
    """Return the plot of each arm's value as it was known by the end of each day."""
    days = sorted({row["date"] for row in rows})
    if len(days) < 2:
        return ""
    parts: list[Line | Band] = []
    for number, arm in enumerate(dict.fromkeys(row["arm"] for row in rows)):
        own = {row["date"]: row for row in rows if row["arm"] == arm}
        value, low, high = (
            [own[day][name] if day in own else None for day in days]
            for name in ("value", "value_low", "value_high")
        )
        floor = [None if each is None else max(0.0, each) for each in low]
        parts.append(Band(f"{arm}, 95 %", floor, high, FAINT[number % len(FAINT)]))
        parts.append(Line(arm, value, COLOURS[number % len(COLOURS)]))
    return chart(days, parts, f"{metric} by day")


def _line(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "arm": row["arm"],
        "value": _figures(row["value"]),
        "low": _figures(row["value_low"]),
        "high": _figures(row["value_high"]),
        "lift": _percent(row["lift_ratio"]),
        "findable": _percent(_findable(row)),
        "p": _p(row["p_value"]),
        "p_any": _p(row["sequential_p_value"]),
        "left": _percent(row["variance_left_ratio"]),
        "verdict": VERDICTS[row["verdict"]],
    }


def _policies(rows: Rows) -> str:
    """Return the table of other ways to give out the arms."""
    if not rows:
        return ""
    names = ("revenue_per_unit_cents", "low", "high", "n_effective")
    lines = [{**row, **{name: _figures(row[name]) for name in names}} for row in rows]
    words = (
        "Revenue per unit, in cents, out of the same log by inverse propensity. Which arm is better for a kind "
        "of unit is seen in half of the units and judged by the others."
    )
    return f"<h2>Other ways to give out the arms</h2><p>{words}</p>{table(lines, POLICIES)}"


def _findable(row: Mapping[str, Any]) -> float | None:
    """Return the least lift that as many units would show in 8 of 10 experiments, looked at once."""
    low, high = row["lift_low"], row["lift_high"]
    if low is None or high is None:
        return None
    return detectable((high - low) / (2 * normal_quantile(0.5 + LEVEL / 2)))


def _figures(value: float | None) -> str:
    return "" if value is None or math.isnan(value) else f"{value:,.4g}"


def _percent(ratio: float | None) -> str:
    return "" if ratio is None or math.isnan(ratio) else f"{100 * ratio:.1f}"


def _p(value: float | None) -> str:
    return "" if value is None or math.isnan(value) else f"{value:.2g}"
