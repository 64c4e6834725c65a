"""Plots as SVG for the pages of jobs: lines, bands and steps over days; nothing is loaded from anywhere."""

import datetime as dt
import html
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

WIDTH, HEIGHT = 620, 190
LEFT, RIGHT, TOP, BOTTOM = 46, 8, 10, 22
N_TICKS = 4

Values = Sequence[float | None]


@dataclass(frozen=True)
class Line:
    """Values of days, in the axis's order; None leaves a gap. A step keeps its value to the next day."""

    name: str
    values: Values
    colour: str
    style: Literal["line", "dashed", "step"] = "line"


@dataclass(frozen=True)
class Band:
    """What lies between two values of each day."""

    name: str
    low: Values
    high: Values
    colour: str


@dataclass(frozen=True)
class Frame:
    """Where days and values are in the picture."""

    n_days: int
    highest: float

    def x(self, day: float) -> float:
        """Return the place of a day, by its number."""
        return LEFT + day * (WIDTH - LEFT - RIGHT) / max(1, self.n_days - 1)

    def y(self, value: float) -> float:
        """Return the place of a value; 0 is the bottom."""
        return HEIGHT - BOTTOM - value * (HEIGHT - TOP - BOTTOM) / self.highest


def chart(days: Sequence[dt.date], parts: Sequence[Line | Band], title: str) -> str:
    """Return an SVG with a legend; `title` is what a screen reader says."""
    frame = Frame(len(days), _top(parts))
    drawn = "".join(_band(frame, p) for p in parts if isinstance(p, Band))
    drawn += "".join(_line(frame, p) for p in parts if isinstance(p, Line))
    return (
        f'<figure><svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{html.escape(title)}">'
        f"{_axes(frame, days)}{drawn}</svg><figcaption>{_legend(parts)}</figcaption></figure>"
    )


def _top(parts: Sequence[Line | Band]) -> float:
    values = [v for p in parts for v in (p.values if isinstance(p, Line) else p.high)]
    highest = max((v for v in values if v is not None), default=0.0) or 1.0
    return _round_step(highest / N_TICKS) * N_TICKS


def _round_step(least: float) -> float:
    """Return the least of 1, 2, 2.5 and 5 times a power of ten that is not below."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(f * power for f in (1, 2, 2.5, 5, 10) if f * power >= least * (1 - 1e-9))


def _axes(frame: Frame, days: Sequence[dt.date]) -> str:
    drawn = []
    for n in range(N_TICKS + 1):
        value = frame.highest * n / N_TICKS
        y = frame.y(value)
        drawn.append(
            f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        )
        drawn.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value:,g}</text>')
    for n in range(0, len(days), max(1, len(days) // 6)):
        # The last day stands at the edge.
        anchor = "end" if n and n == len(days) - 1 else "middle"
        drawn.append(
            f'<text x="{frame.x(n):.1f}" y="{HEIGHT - 6}" text-anchor="{anchor}">{days[n]:%d %b}</text>'
        )
    return "".join(drawn)


def _line(frame: Frame, line: Line) -> str:
    places: list[str] = []
    pen, last_y = "M", 0.0
    for day, value in enumerate(line.values):
        if value is None:
            pen = "M"
            continue
        x, y = frame.x(day), frame.y(value)
        if line.style == "step" and pen == "L":
            places.append(f"L{x:.1f} {last_y:.1f}")
        places.append(f"{pen}{x:.1f} {y:.1f}")
        pen, last_y = "L", y
    dash = ' stroke-dasharray="4 3"' if line.style == "dashed" else ""
    return (
        f'<path d="{"".join(places)}" fill="none" stroke="{line.colour}" stroke-width="1.6"{dash}/>'
    )


def _band(frame: Frame, band: Band) -> str:
    known = [
        (day, low, high)
        for day, (low, high) in enumerate(zip(band.low, band.high, strict=True))
        if low is not None and high is not None
    ]
    there = [f"{frame.x(day):.1f},{frame.y(high):.1f}" for day, _, high in known]
    back = [f"{frame.x(day):.1f},{frame.y(low):.1f}" for day, low, _ in reversed(known)]
    return f'<polygon points="{" ".join(there + back)}" fill="{band.colour}"/>'


def _legend(parts: Sequence[Line | Band]) -> str:
    return " ".join(
        f'<span><i style="background:{part.colour}"></i>{html.escape(part.name)}</span>'
        for part in parts
    )
