"""The freshness report as a page for people: tables, and a plot of the last two hours as SVG."""

import html
from collections.abc import Iterable, Sequence

from serving.freshness.schemas import Age, Freshness, GroupLag, HopLag, MinuteLag, StreamLength

TITLE = "Freshness"
REFRESH_SECONDS = 5
STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 62rem; padding: 0 1rem; color: #1d1d1f }
h1 { font-size: 1.5rem } h2 { font-size: 1.1rem; margin-top: 2rem }
div.wide { overflow-x: auto } table { border-collapse: collapse; width: 100% } td, th { padding: .25rem .6rem; text-align: right }
th { border-bottom: 1px solid #ccc } td:first-child, th:first-child { text-align: left }
p.none { color: #777 } svg { width: 100%; height: auto } svg text { font-size: 10px; fill: #555 }
"""
HOPS = {
    "taken": "accepted → in the stream",
    "read": "in the stream → read by the worker",
    "written": "read → served by the next request",
    "answerable": "accepted → served by the next request",
    "pushed": "served → in the feature store",
}
WIDTH, HEIGHT, MARGIN = 620, 150, 30
NOBODY: Sequence[GroupLag | None] = (None,)
LINES = (("p50", "#3b6fd4"), ("p99", "#c0392b"))


def page(told: Freshness) -> str:
    """Return the report as HTML; it asks for itself again every few seconds."""
    parts = (
        _section("From a click to the next answer", _hops(told.hops), _seen(told)),
        _section("The last two hours", plot(told.minutes)),
        _section("Streams", _streams(told.streams)),
        _section("What answers are made from", _ages(told.ages)),
    )
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{TITLE}</title>'
        '<meta name="viewport" content="width=device-width">'
        f'<meta http-equiv="refresh" content="{REFRESH_SECONDS}"><style>{STYLE}</style>'
        f"<h1>{TITLE}</h1><p>{told.at:%Y-%m-%d %H:%M:%S} UTC</p>{''.join(parts)}</html>"
    )


def plot(minutes: Sequence[MinuteLag]) -> str:
    """Return the quantiles by minute as SVG."""
    if len(minutes) < 2:
        return '<p class="none">Nothing yet: a plot takes two minutes with events.</p>'
    top = max(minute.p99 for minute in minutes) or 1.0
    lines = "".join(
        f'<polyline fill="none" stroke="{colour}" points="'
        f'{_points([getattr(minute, name) for minute in minutes], top)}"/>'
        for name, colour in LINES
    )
    legend = "".join(
        f'<text x="{MARGIN + 60 * n}" y="12" style="fill:{colour}">{name}</text>'
        for n, (name, colour) in enumerate(LINES)
    )
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="Lag by minute">{legend}'
        f'<text x="0" y="{MARGIN}">{_milliseconds(top)}</text><text x="0" y="{HEIGHT}">0</text>'
        f'<text x="{MARGIN}" y="{HEIGHT}">{minutes[0].at:%H:%M}</text>'
        f'<text x="{WIDTH}" y="{HEIGHT}" text-anchor="end">{minutes[-1].at:%H:%M}</text>'
        f"{lines}</svg>"
    )


def _points(values: Sequence[float], top: float) -> str:
    step = (WIDTH - MARGIN) / (len(values) - 1)
    height = HEIGHT - 2 * MARGIN
    return " ".join(
        f"{MARGIN + n * step:.1f},{HEIGHT - MARGIN / 2 - height * value / top:.1f}"
        for n, value in enumerate(values)
    )


def _section(title: str, *parts: str) -> str:
    return f"<h2>{title}</h2>{''.join(parts)}"


def _seen(told: Freshness) -> str:
    seen = (
        f"<p>Worker {html.escape(each.worker)}: seen {each.seconds_ago:.1f} s ago.</p>"
        for each in told.workers
    )
    return "".join(seen) or "<p>No worker was seen.</p>"


def _hops(hops: Sequence[HopLag]) -> str:
    rows = (
        (HOPS.get(each.hop, each.hop), *map(_milliseconds, (each.last, each.p50, each.p99)), each.n)
        for each in hops
    )
    return table(("hop", "last", "p50", "p99", "events"), rows)


def _streams(streams: Sequence[StreamLength]) -> str:
    rows = (
        (each.stream, each.n_entries, *_group(group))
        for each in streams
        for group in (each.groups or NOBODY)
    )
    return table(("stream", "entries", "group", "unread", "pending", "behind"), rows)


def _group(group: GroupLag | None) -> tuple[object, ...]:
    if group is None:
        return ("none", "", "", "")
    return (group.group, group.n_unread, group.n_pending, f"{group.seconds_behind:.3f} s")


def _ages(ages: Sequence[Age]) -> str:
    rows = (
        (each.what, each.version or "none yet", f"{each.as_of or ''}", _hours(each.age_seconds))
        for each in ages
    )
    return table(("what", "version", "as of", "age"), rows)


def _hours(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds / 3_600:,.1f} h"


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1e3:,.1f} ms"


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table as HTML; whatever is in it is shown, not interpreted."""
    lines = ["".join(f"<td>{html.escape(str(cell))}</td>" for cell in row) for row in rows]
    if not lines:
        return '<p class="none">None.</p>'
    heads = "".join(f"<th>{html.escape(each)}</th>" for each in head)
    body = f"<tr>{heads}</tr>{''.join(f'<tr>{line}</tr>' for line in lines)}"
    return f'<div class="wide" tabindex="0"><table>{body}</table></div>'
