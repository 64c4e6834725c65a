"""Metrics of arms and how sure they are (models.evaluation.experiments)."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.evaluation.experiments.cuped import Observed, adjusted, variance_left
from models.evaluation.experiments.mismatch import mismatch_p_value
from models.evaluation.experiments.power import detectable, power_of, units_needed
from models.evaluation.experiments.quantiles import quantile
from models.evaluation.experiments.ratios import Estimate, difference, mean, ratio, relative

counts = st.lists(st.integers(1, 9), min_size=3, max_size=30).map(
    lambda numbers: np.array(numbers, float)
)


def test_a_ratio_counts_events_and_its_error_counts_units():
    # Clicks 1, 0, 3 of 2, 2, 4 impressions: 4 / 8. Linear parts .5 + (y - x / 2) / (8 / 3):
    # .5, .125, .875; their deviations 0, -.375, .375, variance .140625, error sqrt(.140625 / 3).
    found = ratio(np.array([1.0, 0, 3]), np.array([2.0, 2, 4]))

    assert found.value == 0.5
    assert found.standard_error == pytest.approx(math.sqrt(0.140625 / 3))
    assert found.n_units == 3


def test_nothing_shown_is_no_ratio():
    assert math.isnan(ratio(np.zeros(3), np.zeros(3)).value)
    assert math.isnan(ratio(np.ones(1), np.ones(1)).value)


@given(counts)
def test_a_mean_has_the_error_that_textbooks_give_it(values):
    found = mean(values)

    assert found.value == pytest.approx(values.mean())
    assert found.standard_error == pytest.approx(values.std(ddof=1) / math.sqrt(len(values)))


@given(counts, st.floats(0.1, 100))
def test_cents_or_euros_do_not_matter(values, factor):
    denominators = values[::-1]
    one, other = ratio(values, denominators), ratio(values * factor, denominators)

    assert other.value == pytest.approx(factor * one.value)
    assert other.standard_error == pytest.approx(factor * one.standard_error, abs=1e-9)


def test_differences_add_up_variances_and_may_allow_for_something_worse():
    treated, control = Estimate(0.11, 0.03, 10), Estimate(0.10, 0.04, 10)

    plain, allowed = difference(treated, control), difference(treated, control, -0.1)

    assert (plain.value, plain.standard_error) == (pytest.approx(0.01), pytest.approx(0.05))
    assert allowed.value == pytest.approx(0.11 - 0.09)
    assert allowed.standard_error == pytest.approx(math.hypot(0.03, 0.036))
    assert relative(treated, control).value == pytest.approx(0.1)
    assert relative(treated, control).standard_error == pytest.approx(
        math.hypot(0.03, 1.1 * 0.04) / 0.1
    )
    assert math.isnan(relative(treated, Estimate(0.0, 0.1, 10)).value)


def test_an_interval_and_a_p_value_agree_about_zero():
    just = Estimate(1.959964, 1.0, 10)

    assert just.interval()[0] == pytest.approx(0, abs=1e-5)
    assert just.p_value() == pytest.approx(0.05, abs=1e-6)
    assert math.isnan(Estimate(1.0, 0.0, 10).p_value())


def test_a_quantile_of_units_that_bring_one_event_each_is_as_unsure_as_its_order_statistics():
    values = np.arange(1.0, 1001.0)

    found = quantile(values, np.arange(1000), 0.5)

    # The share below has error sqrt(.25 / 1000) = .0158, so the median's is .0158 * 1000.
    assert found.value == pytest.approx(500.5)
    assert found.standard_error == pytest.approx(15.8, rel=0.01)


def test_events_of_few_units_make_a_quantile_less_sure():
    draws = np.random.default_rng(5)
    of_unit = draws.normal(size=50)
    values = np.repeat(of_unit, 20) + draws.normal(scale=0.1, size=1000)

    clustered = quantile(values, np.repeat(np.arange(50), 20), 0.5)
    as_if_apart = quantile(values, np.arange(1000), 0.5)

    assert clustered.standard_error > 3 * as_if_apart.standard_error


def test_units_as_wanted_raise_no_alarm_and_a_leak_does():
    # 520 and 480 of 500 each: 400 / 500 twice is 1.6, p = .206.
    assert mismatch_p_value([520, 480], [1, 1]) == pytest.approx(0.2059, abs=1e-4)
    assert mismatch_p_value([5200, 4600], [1, 1]) < 1e-8
    assert mismatch_p_value([900, 100], [9, 1]) == 1.0
    assert mismatch_p_value([0, 0], [1, 1]) == 1.0


def test_what_was_there_before_is_taken_out():
    # The outcome is what was there before, and 1 more in the second arm: nothing else is left.
    before = np.array([0.0, 4, 8, 12])
    ones = np.ones(4)

    control, treated = adjusted(
        [Observed(before, ones, before), Observed(before + 3, ones, before + 2)]
    )

    assert difference(treated, control).value == pytest.approx(1)
    assert control.standard_error == pytest.approx(0, abs=1e-12)
    assert variance_left(mean(before), control) == pytest.approx(0, abs=1e-12)


@given(counts)
def test_without_a_past_nothing_is_adjusted(values):
    ones = np.ones(len(values))

    [found] = adjusted([Observed(values, ones, np.zeros(len(values)))])

    assert found.value == pytest.approx(values.mean())
    assert found.standard_error == pytest.approx(mean(values).standard_error)


def test_an_arm_that_was_shown_nothing_is_not_adjusted():
    [found] = adjusted([Observed(np.zeros(3), np.zeros(3), np.ones(3))])

    assert math.isnan(found.value)


def test_power_and_what_can_be_found_say_the_same():
    # 1.959964 + .841621 errors are found in 8 of 10 experiments.
    assert detectable(1.0) == pytest.approx(2.8016, abs=1e-4)
    assert power_of(detectable(1.0), 1.0) == pytest.approx(0.8, abs=1e-4)
    assert power_of(0.0, 1.0) == pytest.approx(0.05)


def test_units_needed_are_those_of_the_textbook():
    # Conversion .1, variance .09: for +10 % (.01) each arm needs 2 * .09 * 2.8016^2 / .01^2 = 14,128.
    conversion = Estimate(0.1, math.sqrt(0.09 / 400), 400)

    assert units_needed(conversion, 0.1) == pytest.approx(2 * 14_128, abs=2)
    assert units_needed(conversion, 0.1, treated_share=0.1) > units_needed(conversion, 0.1)
