"""Charts as SVG without styles of their own: `desk.css` colours them, so they follow light and dark.

Each has a title and a description, and its numbers stand in a table beside it.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from markupsafe import Markup, escape

WIDTH, HEIGHT = 480, 190
LEFT, RIGHT, TOP, BOTTOM = 52, 16, 10, 24
N_LABELS = 6
NEXT_TO_NOTHING = 1e-9
Write = Callable[[float], str]
Look = Literal["now", "before"]


@dataclass(frozen=True)
class Series:
    """A row of numbers, one per label; None leaves a gap. `before` is drawn as a line behind."""

    name: str
    values: Sequence[float | None]
    look: Look = "now"


@dataclass(frozen=True)
class Chart:
    """Bars, and lines to hold them against; numbers from 0 up.

    Parameters
    ----------
    name
        Its id in the page.
    labels
        Of the numbers, in order.
    write
        Says a number in words.
    short
        Says it in few signs, for the axis.
    """

    name: str
    title: str
    description: str
    labels: Sequence[str]
    series: Sequence[Series]
    write: Write
    short: Write

    @property
    def svg(self) -> Markup:
        """The drawing."""
        top = nice_top([each for one in self.series for each in one.values if each is not None])
        parts = [_grid(top, self.short), _labels(self.labels)]
        # Lines lie above bars, so that both can be seen.
        for one in sorted(self.series, key=lambda each: each.look == "before"):
            draw = _bars if one.look == "now" else _line
            parts.append(draw(self, one, top))
        return _drawing(self.name, self.title, self.description, HEIGHT, parts)

    @property
    def rows(self) -> list[list[str]]:
        """The numbers in words, a row for each label."""
        columns = [[self._said(value) for value in one.values] for one in self.series]
        return [[label, *(column[n] for column in columns)] for n, label in enumerate(self.labels)]

    def _said(self, value: float | None) -> str:
        return "-" if value is None else self.write(value)


@dataclass(frozen=True)
class Interval:
    """A number and between what it lies, for a row of a chart."""

    label: str
    low: float
    value: float
    high: float
    look: str = "undecided"


@dataclass(frozen=True)
class Intervals:
    """Intervals one below the other, with a line at nothing."""

    name: str
    title: str
    description: str
    intervals: Sequence[Interval]
    write: Write

    ROW = 34

    @property
    def svg(self) -> Markup:
        """The drawing."""
        reach = max(
            (abs(end) for each in self.intervals for end in (each.low, each.high)), default=1
        )
        reach = nice_top([reach])
        height = self.ROW * len(self.intervals) + BOTTOM + TOP
        middle = WIDTH / 2

        def at(value: float) -> float:
            return middle + (middle - RIGHT - 20) * value / reach

        parts = [_rule(middle, TOP, height - BOTTOM)]
        parts += [
            _text(at(value), height - 6, self.write(value), "middle")
            for value in (-reach, 0.0, reach)
        ]
        for n, each in enumerate(self.intervals):
            parts.append(_interval(each, TOP + self.ROW * n, at, self.write))
        return _drawing(self.name, self.title, self.description, height, parts)


def nice_top(values: Sequence[float]) -> float:
    """Return 1, 2 or 5 times a power of ten, at or above all values; 1 for next to nothing."""
    highest = max(values, default=0.0)
    if highest < NEXT_TO_NOTHING:
        return 1.0
    power = 10.0 ** math.floor(math.log10(highest))
    return next(
        (step * power for step in (1, 2, 5) if highest <= step * power * 1.0000001), 10 * power
    )


def strip(name: str, title: str, states: Sequence[tuple[str, str]]) -> Markup:
    """Return runs as small squares, the oldest first: pairs of a state and what is said of it."""
    squares = [
        Markup('<rect class="run {}" x="{}" y="1" width="12" height="18" rx="3"><title>{}</title></rect>')
        .format(state, 2 + 15 * n, said)
        for n, (state, said) in enumerate(states)
    ]  # fmt: skip
    width = max(15, 15 * len(states) + 2)
    return Markup(
        '<svg class="strip" viewBox="0 0 {0} 20" width="{0}" height="20" role="img" aria-labelledby="{1}">'
        '<title id="{1}">{2}</title>{3}</svg>'
    ).format(width, name, title, Markup("").join(squares))


def gauge(ratio: float, look: str) -> Markup:
    """Return a bar that is filled by a part of 1; what it says stands beside it."""
    filled = round(60 * min(1.0, max(0.0, ratio)), 1)
    return Markup(
        '<svg class="gauge" viewBox="0 0 60 8" width="60" height="8" aria-hidden="true">'
        '<rect class="rest" width="60" height="8" rx="4"/>'
        '<rect class="{}" width="{}" height="8" rx="4"/></svg>'
    ).format(look, filled)


def _drawing(
    name: str, title: str, description: str, height: float, parts: Iterable[Markup]
) -> Markup:
    return Markup(
        '<svg class="chart" viewBox="0 0 {} {}" role="img" aria-labelledby="{}-t {}-d">'
        '<title id="{}-t">{}</title><desc id="{}-d">{}</desc>{}</svg>'
    ).format(WIDTH, height, name, name, name, title, name, description, Markup("").join(parts))


def _grid(top: float, short: Write) -> Markup:
    lines = []
    for part in (0.0, 0.5, 1.0):
        y = _y(top * part, top)
        lines.append(
            Markup('<line class="grid" x1="{}" y1="{}" x2="{}" y2="{}"/>').format(
                LEFT, y, WIDTH - RIGHT, y
            )
        )
        lines.append(_text(LEFT - 6, y + 4, short(top * part), "end"))
    return Markup("").join(lines)


def _labels(labels: Sequence[str]) -> Markup:
    every = max(1, math.ceil(len(labels) / N_LABELS))
    # Counted from the end: the newest always has its label.
    shown = range((len(labels) - 1) % every, len(labels), every) if labels else range(0)
    return Markup("").join(
        _text(_x(n, len(labels)), HEIGHT - 6, labels[n], "middle") for n in shown
    )


def _bars(chart: Chart, one: Series, top: float) -> Markup:
    width = (WIDTH - LEFT - RIGHT) / max(1, len(one.values)) * 0.72
    bars = []
    for n, value in enumerate(one.values):
        if value is None:
            continue
        y = _y(value, top)
        said = f"{chart.labels[n]}: {chart.write(value)}"
        bars.append(
            Markup(
                '<rect class="bar" x="{}" y="{}" width="{}" height="{}" rx="2"><title>{}</title></rect>'
            ).format(
                round(_x(n, len(one.values)) - width / 2, 1),
                y,
                round(width, 1),
                round(HEIGHT - BOTTOM - y, 1),
                said,
            )
        )
    return Markup("").join(bars)


def _line(_: Chart, one: Series, top: float) -> Markup:
    points = [
        f"{_x(n, len(one.values)):.1f},{_y(value, top)}"
        for n, value in enumerate(one.values)
        if value is not None
    ]
    return Markup('<polyline class="line" points="{}"/>').format(" ".join(points))


def _interval(each: Interval, y: float, at: Callable[[float], float], write: Write) -> Markup:
    said = f"{each.label}: {write(each.value)} ({write(each.low)} to {write(each.high)})"
    return Markup(
        '<g class="interval {}"><title>{}</title>{}'
        '<line x1="{}" y1="{}" x2="{}" y2="{}"/><circle cx="{}" cy="{}" r="5"/></g>'
    ).format(
        each.look,
        said,
        _text(0, y + 10, each.label, "start"),
        round(at(each.low), 1),
        y + 20,
        round(at(each.high), 1),
        y + 20,
        round(at(each.value), 1),
        y + 20,
    )


def _rule(x: float, y1: float, y2: float) -> Markup:
    return Markup('<line class="grid" x1="{0}" y1="{1}" x2="{0}" y2="{2}"/>').format(x, y1, y2)


def _text(x: float, y: float, text: str, anchor: str) -> Markup:
    return Markup('<text x="{}" y="{}" text-anchor="{}">{}</text>').format(
        round(x, 1), round(y, 1), anchor, escape(text)
    )


def _x(n: int, n_values: int) -> float:
    return LEFT + (WIDTH - LEFT - RIGHT) * (n + 0.5) / max(1, n_values)


def _y(value: float, top: float) -> float:
    height = HEIGHT - TOP - BOTTOM
    return round(TOP + height * (1 - max(0.0, value) / top), 1)
