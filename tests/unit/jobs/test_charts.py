"""Plots of the jobs' pages (jobs.charts, jobs.interval_chart)."""

import datetime as dt
import xml.etree.ElementTree as ET

import pytest

from jobs.charts import LEFT, RIGHT, TOP, WIDTH, Band, Frame, Line, chart
from jobs.interval_chart import BAD, GOOD, Bar, interval_chart

DAYS = [dt.date(2024, 5, 1) + dt.timedelta(days=n) for n in range(4)]


def test_a_frame_puts_the_first_day_left_the_last_right_and_zero_below():
    frame = Frame(n_days=5, highest=10.0)

    assert (frame.x(0), frame.x(4)) == (LEFT, WIDTH - RIGHT)
    assert frame.y(0) > frame.y(10) == TOP


def test_a_gap_interrupts_a_line_and_a_step_goes_along_before_it_goes_up():
    svg = drawn(
        [Line("sold", [1, None, 2, 4], "red"), Line("stock", [None, 4, 2, 2], "blue", "step")]
    )

    sold, stock = (path.get("d") for path in svg.iter("path"))
    assert sold.count("M") == 2
    assert stock.count("M") == 1
    assert stock.count("L") == 4


def test_a_band_goes_there_along_its_top_and_back_along_its_bottom():
    svg = drawn([Band("80 %", [None, 1, 1, 1], [None, 2, 3, 4], "grey")])

    (band,) = svg.iter("polygon")
    assert len(band.get("points").split()) == 6


@pytest.mark.parametrize(
    ("highest", "ticks"), [(7, "0 2 4 6 8"), (41, "0 20 40 60 80"), (0.3, "0 0.1 0.2 0.3 0.4")]
)
def test_the_axis_has_round_numbers(highest, ticks):
    svg = drawn([Line("sold", [0, 0, 0, highest], "red")])

    assert [text.text for text in svg.iter("text")][:5] == ticks.split()


def test_what_has_no_values_is_an_empty_picture():
    assert not drawn([Line("sold", [None] * 4, "red")]).find("path").get("d")


def drawn(parts):
    return ET.fromstring(chart(DAYS, parts, "<units>")).find("svg")


def test_bars_lie_beside_zero_and_are_coloured_by_what_is_good():
    up, down = Bar("up", 5, 1, 9), Bar("<down>", -5, -9, -1)
    cost = Bar("cost", 5, 1, 9, lower_is_better=True)

    drawn = interval_chart([up, down, Bar("unsure", 0, -1, 1), cost], "beside control")

    assert [each.colour for each in (up, down, cost)] == [GOOD, BAD, BAD]
    assert drawn.count("<circle") == 4
    assert "&lt;down&gt;" in drawn
