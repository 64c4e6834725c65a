"""A plot of values with their bounds, one below the other, beside 0."""

import html
from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, LABELS, RIGHT = 620, 230, 50
ROW_HEIGHT, TOP, BOTTOM = 22, 6, 20
N_TICKS = 5
NEITHER, GOOD, BAD = "#2457c5", "#2e8b57", "#c0392b"


@dataclass(frozen=True)
class Bar:
    """A value and its bounds; which side of 0 is good, says `lower_is_better`."""

    label: str
    value: float
    low: float
    high: float
    lower_is_better: bool = False

    @property
    def colour(self) -> str:
        """Of what is surely good, surely bad, or neither."""
        if self.low <= 0 <= self.high:
            return NEITHER
        return BAD if (self.low > 0) == self.lower_is_better else GOOD


def interval_chart(bars: Sequence[Bar], title: str) -> str:
    """Return an SVG; `title` is what a screen reader says."""
    height = TOP + ROW_HEIGHT * len(bars) + BOTTOM
    low = min(0.0, *(bar.low for bar in bars))
    high = max(0.0, *(bar.high for bar in bars)) or 1.0
    scale = (WIDTH - LABELS - RIGHT) / (high - low)

    def x(value: float) -> float:
        return LABELS + (value - low) * scale

    ticks = [low + (high - low) * n / N_TICKS for n in range(N_TICKS + 1)]
    drawn = [
        f'<text x="{x(tick):.1f}" y="{height - 6}" text-anchor="middle">{tick:.1f}</text>'
        for tick in ticks
    ]
    drawn.append(
        f'<line x1="{x(0):.1f}" x2="{x(0):.1f}" y1="{TOP}" y2="{height - BOTTOM}" stroke="#8a8a94"/>'
    )
    for number, bar in enumerate(bars):
        drawn.append(_row(bar, x(bar.low), x(bar.value), x(bar.high), number))
    label = html.escape(title)
    return (
        f'<figure><svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{label}">'
        f"{''.join(drawn)}</svg></figure>"
    )


def _row(bar: Bar, low: float, value: float, high: float, number: int) -> str:
    y = TOP + ROW_HEIGHT * (number + 0.5)
    return (
        f'<text x="{LABELS - 8}" y="{y + 3:.1f}" text-anchor="end">{html.escape(bar.label)}</text>'
        f'<line x1="{low:.1f}" x2="{high:.1f}" y1="{y:.1f}" y2="{y:.1f}" stroke="{bar.colour}" stroke-width="2"/>'
        f'<circle cx="{value:.1f}" cy="{y:.1f}" r="3.5" fill="{bar.colour}"/>'
    )
