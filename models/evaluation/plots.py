"""Plots of what was measured, for notebooks: each draws on axes of its own and returns them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from models.evaluation.intervals import Interval

WIDTH, HEIGHT, ROW_HEIGHT = 8.0, 3.2, 0.32
"""Inches."""


@dataclass(frozen=True)
class Band:
    """A line and what lies around it, arrays of one length; `x` are days or numbers."""

    x: Sequence[Any]
    low: Sequence[float]
    middle: Sequence[float]
    high: Sequence[float]


def bars(values: Mapping[str, float], title: str, unit: str) -> Axes:
    """Draw a bar for each name, the first on top."""
    axes = _of_rows(len(values), title, unit)
    axes.barh(list(values), list(values.values()))
    axes.invert_yaxis()
    return axes


def intervals(values: Mapping[str, Interval], title: str, unit: str) -> Axes:
    """Draw a mean for each name, the first on top, with the interval in which it lies 95 times in 100."""
    axes = _of_rows(len(values), title, unit)
    found = list(values.values())
    means = np.array([each.mean for each in found])
    around = [means - [each.low for each in found], [each.high for each in found] - means]
    axes.errorbar(means, list(values), xerr=np.maximum(around, 0), fmt="o", capsize=3)
    axes.margins(y=0.5 / max(len(values), 1))
    axes.invert_yaxis()
    return axes


def lines(x: Sequence[Any], values: Mapping[str, Sequence[float]], title: str, unit: str) -> Axes:
    """Draw a line for each name over days or numbers."""
    axes = _axes(title)
    for name, each in values.items():
        axes.plot(x, each, label=name)
    return _finished(axes, unit)


def fan(past: Mapping[str, tuple[Sequence[Any], Sequence[float]]], ahead: Band, title: str) -> Axes:
    """Draw what was, and the forecast with its interval.

    Parameters
    ----------
    past
        Name -> days and units, each a line.
    """
    axes = _axes(title)
    for name, (days, units) in past.items():
        axes.plot(days, units, label=name)
    axes.plot(ahead.x, ahead.middle, label="forecast", linestyle="--")
    axes.fill_between(ahead.x, ahead.low, ahead.high, alpha=0.25, label="interval")
    return _finished(axes, "units")


def bounds(found: Band, title: str, unit: str) -> Axes:
    """Draw an estimate and its bounds from look to look, beside zero."""
    axes = _axes(title)
    axes.fill_between(found.x, found.low, found.high, alpha=0.25, label="bounds at all looks")
    axes.plot(found.x, found.middle, marker="o", label="estimate")
    axes.axhline(0, color="black", linewidth=0.8)
    return _finished(axes, unit)


def points(values: Mapping[str, tuple[float, float]], title: str, units: tuple[str, str]) -> Axes:
    """Draw a point for each name; beside the plot is whose each is."""
    axes = _axes(title)
    for name, (x, y) in values.items():
        axes.scatter([x], [y], label=name)
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    axes.margins(0.1)
    axes.set_xlabel(units[0])
    axes.set_ylabel(units[1])
    return axes


def _axes(title: str) -> Axes:
    _, axes = plt.subplots(figsize=(WIDTH, HEIGHT), layout="constrained")
    axes.set_title(title, loc="left")
    return axes


def _of_rows(n_rows: int, title: str, unit: str) -> Axes:
    _, axes = plt.subplots(figsize=(WIDTH, 1 + ROW_HEIGHT * n_rows), layout="constrained")
    axes.set_title(title, loc="left")
    axes.set_xlabel(unit)
    return axes


def _finished(axes: Axes, unit: str) -> Axes:
    axes.set_ylabel(unit)
    axes.tick_params(axis="x", rotation=25)
    axes.legend()
    return axes
