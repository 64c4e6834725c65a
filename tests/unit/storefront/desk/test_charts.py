"""Charts as they are drawn."""

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storefront.desk.charts import Chart, Interval, Intervals, Series, gauge, nice_top, strip

SVG = "{http://www.w3.org/2000/svg}"
NUMBERS = st.lists(st.none() | st.floats(0, 1e12), max_size=40)


def chart(values, *before):
    series = [Series("now & then", values), *(Series("before", each, "before") for each in before)]
    return Chart("c", "Money", "by day", [f"<{n}>" for n in range(len(values))], series, str, str)


def parsed(svg):
    # A page's parser knows what `svg` is; XML has to be told.
    return ET.fromstring(str(svg).replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))


@pytest.mark.parametrize(
    ("values", "top"),
    [([], 1), ([0], 1), ([7], 10), ([1, 2], 2), ([2.1], 5), ([1000], 1000), ([1001], 2000), ([0.03], 0.05)],
)  # fmt: skip
def test_an_axis_ends_at_a_round_number(values, top):
    assert nice_top(values) == pytest.approx(top)


def test_a_bar_is_as_high_as_its_number_and_says_it():
    drawn = parsed(chart([0, 5, 10]).svg)

    bars = drawn.findall(f"{SVG}rect")
    assert [float(bar.get("height")) for bar in bars] == [0, 78, 156]
    assert [bar.findtext(f"{SVG}title") for bar in bars] == ["<0>: 0", "<1>: 5", "<2>: 10"]


def test_a_gap_has_no_bar_and_a_line_in_the_table():
    drawn = chart([1, None, 3])

    assert len(parsed(drawn.svg).findall(f"{SVG}rect")) == 2
    assert drawn.rows == [["<0>", "1"], ["<1>", "-"], ["<2>", "3"]]


@given(NUMBERS)
def test_every_chart_is_well_formed_and_stays_within_its_box(values):
    drawn = parsed(chart(values, [0.0] * len(values)).svg)

    assert drawn.findtext(f"{SVG}title") == "Money"
    assert drawn.findtext(f"{SVG}desc") == "by day"
    for bar in drawn.findall(f"{SVG}rect"):
        assert 0 <= float(bar.get("y")) <= 190
        assert float(bar.get("height")) >= 0
        assert 0 <= float(bar.get("x")) <= 480


@given(st.lists(st.floats(-1e6, 1e6), min_size=3, max_size=3).map(sorted))
def test_an_interval_lies_where_its_numbers_are(numbers):
    low, value, high = numbers
    drawn = parsed(Intervals("i", "t", "d", [Interval("a", low, value, high)], str).svg)

    line, circle = drawn.find(f"{SVG}g/{SVG}line"), drawn.find(f"{SVG}g/{SVG}circle")
    assert 0 <= float(line.get("x1")) <= float(circle.get("cx")) <= float(line.get("x2")) <= 480


def test_what_is_drawn_has_no_styles_or_scripts_of_its_own():
    drawn = [
        chart([1, 2], [2, 1]).svg,
        strip("s", "<i>", [("failed", "failed: <b>")]),
        gauge(0.5, "good"),
    ]

    for each in drawn:
        assert "style" not in each
        assert "<b>" not in each
        assert "<i>" not in each


@pytest.mark.parametrize(("ratio", "width"), [(-1, "0.0"), (0.5, "30.0"), (7, "60.0")])
def test_a_gauge_is_filled_by_a_part_of_one(ratio, width):
    assert f'width="{width}"' in gauge(ratio, "good")
