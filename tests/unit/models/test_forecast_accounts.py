"""What kept forecasts proved to be worth (models.evaluation.forecast_accounts)."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.evaluation.forecast_accounts import (
    LEVELS,
    SUMS,
    Outcomes,
    added,
    alarms,
    measures,
    sums,
)


def outcomes(actual, p10, p50, p90, naive):
    """Forecasts whose p05 and p95 are their p10 and p90, and whose mean is their median."""
    arrays = [np.array(each, float) for each in (p10, p10, p50, p90, p90)]
    by_level = dict(zip(LEVELS, arrays, strict=True))
    return Outcomes(np.array(actual, float), arrays[2], by_level, np.array(naive, float))


def test_two_products_by_hand():
    """Sold 4 and 0, foreseen 2 (1 to 3) and 1 (0 to 2), last week 4 and 3."""
    found = sums(outcomes([4, 0], [1, 0], [2, 1], [3, 2], [4, 3]), np.array([0, 0]), 1)

    assert {name: values.tolist()[0] for name, values in found.items()} == pytest.approx(
        {
            "n_forecasts": 2,
            "n_units": 4,
            "sum_error": -2 + 1,
            "sum_absolute_error": 2 + 1,
            "sum_absolute_error_naive": 0 + 3,
            "sum_pinball_5": 0.05 * 3,
            "sum_pinball_10": 0.1 * 3,
            "sum_pinball_50": 0.5 * 2 + 0.5 * 1,
            "sum_pinball_90": 0.9 * 1 + 0.1 * 2,
            "sum_pinball_95": 0.95 * 1 + 0.05 * 2,
            "n_within_80": 1,
            "n_within_90": 1,
        }
    )


def test_measures_are_ratios_of_sums():
    total = dict.fromkeys(SUMS, 0.0) | {
        "n_forecasts": 10, "n_units": 50, "sum_error": 5, "sum_absolute_error": 20, "n_within_80": 8,
    }  # fmt: skip

    found = measures(total)

    assert (found["wape"], found["bias"], found["coverage_80"]) == (0.4, 0.1, 0.8)
    assert math.isnan(measures(dict.fromkeys(SUMS, 0.0))["wape"])


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 2)), min_size=1))
def test_the_sums_of_segments_add_up_to_the_whole(rows):
    actual, p50, segment = (np.array(column) for column in zip(*rows, strict=True))
    made = outcomes(actual, p50 - 1, p50, p50 + 1, p50)

    parts = sums(made, segment, 3)
    whole = sums(made, np.zeros(len(segment), int), 1)

    for name in SUMS:
        assert parts[name].sum() == pytest.approx(whole[name][0])


def day(error=30.0, bias=0.0, naive=50.0, within=80.0, units=100.0):
    rest = dict.fromkeys(SUMS, 0.0)
    return rest | {
        "n_forecasts": 100.0, "n_units": units, "sum_error": bias, "sum_absolute_error": error,
        "sum_absolute_error_naive": naive, "n_within_80": within,
    }  # fmt: skip


USUAL = [day(error=28 + n % 5) for n in range(28)]


@pytest.mark.parametrize(
    ("week", "raised"),
    [
        pytest.param([day()] * 7, [], id="as usual"),
        pytest.param([day(error=34)] * 7, [], id="a little worse"),
        pytest.param([day(error=45)] * 7, ["error_rose"], id="half as much again"),
        pytest.param([day(bias=20)] * 7, ["biased"], id="a fifth too much"),
        pytest.param([day(bias=-20)] * 7, ["biased"], id="a fifth too little"),
        pytest.param([day(naive=25)] * 7, ["worse_than_naive"], id="last week's day is better"),
        pytest.param([day(within=70)] * 7, ["intervals_off"], id="7 of 10 within 8 of 10"),
        pytest.param([day(within=99)] * 7, [], id="slow movers: the interval holds 0 and 1"),
        pytest.param([day(units=0)] * 7, [], id="nothing was sold"),
    ],
)
def test_each_fault_raises_its_own_alarm_and_no_other(week, raised):
    assert list(alarms([*USUAL, *week])) == raised


def test_nothing_is_said_of_less_than_a_week_and_nothing_has_risen_without_a_past():
    assert alarms([day(error=500, naive=900)] * 6) == {}
    assert list(alarms([day(error=500, naive=900)] * 7)) == []


def test_an_alarm_tells_its_figures():
    assert alarms([*USUAL, *[day(bias=-20)] * 7])["biased"] == (
        "the sum of the forecasts was -20.0 % off in 7 days"
    )


def test_rows_are_added_by_name():
    assert added([day(), day()])["n_units"] == 200
