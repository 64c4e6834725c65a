"""Plots show the values they are given (models.evaluation.plots)."""

import matplotlib as mpl
import pytest
from matplotlib import pyplot as plt

from models.evaluation.intervals import Interval
from models.evaluation.plots import Band, bars, bounds, fan, intervals, lines, points

mpl.use("Agg")


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def names_of(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


def test_bars_are_as_long_as_their_values_and_the_first_is_on_top():
    axes = bars({"a": 2.0, "b": 5.0}, "Title", "units")

    assert [bar.get_width() for bar in axes.patches] == [2.0, 5.0]
    assert axes.yaxis_inverted()
    assert (axes.get_title(loc="left"), axes.get_xlabel()) == ("Title", "units")


def test_an_interval_reaches_from_its_low_to_its_high():
    axes = intervals({"a": Interval(0.5, 0.4, 0.7)}, "Title", "NDCG")

    (line, _, (bar,)) = axes.containers[0]
    assert line.get_xdata() == [0.5]
    assert bar.get_segments()[0][:, 0] == pytest.approx([0.4, 0.7])


def test_lines_are_named():
    axes = lines([1, 2], {"sold": [3, 4], "given back": [0, 1]}, "Title", "units")

    assert names_of(axes) == ["sold", "given back"]
    assert list(axes.lines[1].get_ydata()) == [0, 1]


def test_a_fan_has_what_was_and_what_is_foreseen():
    axes = fan({"sold": ([1, 2], [5, 6])}, Band([3, 4], [1, 1], [2, 3], [4, 5]), "Title")

    assert names_of(axes) == ["sold", "forecast", "interval"]
    assert list(axes.lines[1].get_ydata()) == [2, 3]


def test_bounds_are_drawn_beside_zero():
    axes = bounds(Band([1, 2], [-1, 1], [0, 2], [1, 3]), "Title", "cents")

    assert list(axes.lines[1].get_ydata()) == [0, 0]


def test_points_are_named():
    axes = points({"ours": (1.0, 2.0)}, "Title", ("cost", "fill"))

    assert names_of(axes) == ["ours"]
    assert axes.collections[0].get_offsets().tolist() == [[1.0, 2.0]]
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("cost", "fill")
