"""Demand behind sales (models.forecasting.censoring)."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from models.forecasting.censoring import (
    MAX_PRIOR_UNITS,
    RateSettings,
    Sales,
    day_factors,
    demand,
    expected_rates,
    exposures,
    group_rates,
    hourly_profiles,
    learn,
    prior_units,
)

FLAT = np.full(24, 1 / 24)
MORNINGS = np.repeat([3 / 48, 1 / 48], 12)
"""Three quarters of the day's demand come before noon."""


def one(value):
    return np.array([[float(value)]])


def series(units, exposure=None, groups=None, traits=None):
    units = np.atleast_2d(np.asarray(units, float))
    exposure = np.ones_like(units) if exposure is None else np.atleast_2d(exposure).astype(float)
    groups = np.arange(len(units)) if groups is None else np.asarray(groups)
    traits = np.zeros((*units.shape, 0)) if traits is None else np.asarray(traits, float)
    return Sales(units, exposure, groups, int(groups.max()) + 1, traits)


def rates_of(sales, settings=None):
    settings = settings or RateSettings()
    plain = np.ones_like(sales.units)
    of_groups = group_rates(sales, plain, settings)[sales.groups]
    return expected_rates(sales, plain, of_groups, settings)


@pytest.mark.parametrize(
    ("profile", "open_hours", "exposure"),
    [
        (FLAT, range(24), 1.0),
        (FLAT, range(12), 0.5),
        (MORNINGS, range(12), 0.75),
        (MORNINGS, range(12, 24), 0.25),
        (FLAT, (), 0.0),
    ],
)
def test_exposure_is_the_share_of_the_demand_that_falls_into_open_hours(
    profile, open_hours, exposure
):
    is_open = np.isin(np.arange(24), open_hours).astype(float)

    assert exposures(is_open, profile) == pytest.approx(exposure)


def test_an_hour_half_out_of_stock_counts_half():
    open_share = np.ones(24)
    open_share[0] = 0.5

    assert exposures(open_share, MORNINGS) == pytest.approx(1 - 0.5 * 3 / 48)


@pytest.mark.parametrize(
    ("sold", "exposure", "expected", "prior", "units"),
    [
        # nothing is known but the day: 6 in half of it are 12 in all of it
        (6, 0.5, 0, 10, 12),
        (6, 0.75, 0, 10, 8),
        # in stock all day: what was sold
        (6, 1.0, 20, 10, 6),
        # out all day: what was expected
        (0, 0.0, 8, 10, 8),
        # a day as expected: 4 in half of it, 8 in all of it
        (4, 0.5, 8, 10, 8),
        # nothing sold in half a day of which 8 were expected: a rate of 10 / (10/8 + 1/2) = 40/7, half of it hidden
        (0, 0.5, 8, 10, 20 / 7),
        # the expectation weighs next to nothing: again 12; all: 6 and half of 8
        (6, 0.5, 8, 1e-9, 12),
        (6, 0.5, 8, 1e9, 10),
        # a unit in the first minutes of a product's life: as in an hour
        (1, 0.001, 0, 10, 1 + 0.999 * 24),
        # never sold, never expected
        (0, 0.5, 0, 10, 0),
        (0, 0.0, 0, 10, 0),
    ],
)
def test_hidden_hours_sell_as_the_open_ones_and_the_days_before_say(
    sold, exposure, expected, prior, units
):
    found = demand(one(sold), one(exposure), one(expected), prior)

    assert found[0, 0] == pytest.approx(units, rel=1e-6)


AMOUNTS = hnp.arrays(float, (3, 5), elements=st.integers(0, 500))
SHARES = hnp.arrays(float, (3, 5), elements=st.floats(0, 1))
EXPECTATIONS = hnp.arrays(float, (3, 5), elements=st.floats(0, 500))
PRIORS = st.floats(0.5, 1000)


@given(AMOUNTS, SHARES, EXPECTATIONS, PRIORS)
def test_demand_is_never_below_sales_and_equals_them_in_stock(units, exposure, expected, prior):
    found = demand(units, exposure, expected, prior)

    assert np.isfinite(found).all()
    assert (found >= units).all()
    assert (demand(units, np.ones_like(units), expected, prior) == units).all()


@given(AMOUNTS, SHARES, SHARES, EXPECTATIONS, PRIORS)
def test_the_longer_out_of_stock_at_the_same_sales_the_higher_the_demand(
    units, one_exposure, other_exposure, expected, prior
):
    known = np.maximum(expected, 0.001)
    less, more = np.minimum(one_exposure, other_exposure), np.maximum(one_exposure, other_exposure)

    difference = demand(units, less, known, prior) - demand(units, more, known, prior)

    assert (difference >= -1e-6 * (1 + units)).all()


def test_the_rate_of_the_days_before_is_units_over_days_in_stock():
    # A day fades to a half each day; no group helps. Before the third day: 4/2 + 1 sold in
    # 1/2 + 1/2 days in stock.
    sales = series([4, 1, 0], [1, 0.5, 1])

    rates = rates_of(sales, RateSettings(half_life_days=1, prior_days=0))

    assert rates[0].tolist() == [0, pytest.approx(2 / 0.5), pytest.approx(3 / 1)]


def test_days_out_of_stock_do_not_lower_what_is_expected():
    in_stock, out = series([[6] * 28]), series([[6] * 14 + [0] * 14], [[1] * 14 + [0] * 14])

    found = [rates_of(s)[0, -1] for s in (in_stock, out)]

    assert found[1] == pytest.approx(found[0], rel=0.1)


def test_a_series_without_a_past_is_expected_to_sell_as_its_group():
    # The first sold 6 on its one day in stock, the second was never there: the group's rate is 6.
    sales = series([[6, 0], [0, 0]], [[1, 1], [0, 1]], groups=[0, 0])

    rates = rates_of(sales, RateSettings(prior_days=1))

    assert rates[1, 1] == pytest.approx(6)


def test_no_expectation_looks_at_its_own_day_or_later():
    rng = np.random.default_rng(0)
    units = rng.poisson(5, (4, 30)).astype(float)
    changed = units.copy()
    changed[:, 20:] += 9

    rates = [rates_of(series(u, groups=[0, 0, 1, 1])) for u in (units, changed)]

    assert (rates[0][:, :21] == rates[1][:, :21]).all()


def test_what_others_of_the_group_sold_raises_the_day():
    # Both series were expected to sell 10; the one in stock sold 30: (30 + 20) / (10 + 20).
    sales = series([[30], [0]], [[1], [0]], groups=[0, 0])

    assert day_factors(sales, np.array([[10.0], [10.0]]), 20)[0, 0] == pytest.approx(50 / 30)


def test_profiles_of_groups_are_drawn_towards_that_of_all():
    # All sold 3 : 1 before and after noon; the first group is large and even, the second hardly sold.
    units = np.array([[400.0, 400.0], [0.0, 1.0], [800.0, 0.0]])
    rate_hours = np.array([[800.0, 800.0], [1.0, 1.0], [800.0, 800.0]])

    found = hourly_profiles(units, rate_hours, prior_units=20)

    assert found.sum(axis=1) == pytest.approx([1, 1, 1])
    assert found[0] == pytest.approx([0.5, 0.5], abs=0.03)
    assert found[1] == pytest.approx([0.75, 0.25], abs=0.03)


def test_the_profile_counts_hours_only_while_they_were_open():
    # Every afternoon but one was out of stock: 10 units in 10 mornings, 1 in the one afternoon.
    found = hourly_profiles(np.array([[10.0, 1.0]]), np.array([[10.0, 1.0]]), prior_units=0)

    assert found[0] == pytest.approx([0.5, 0.5])


def test_without_any_sale_the_profile_is_flat():
    assert hourly_profiles(np.zeros((2, 4)), np.ones((2, 4))).tolist() == [[0.25] * 4] * 2


def test_the_expectation_weighs_the_more_the_less_days_differ():
    rng = np.random.default_rng(0)
    expected = np.full((200, 50), 20.0)
    is_open = np.ones_like(expected, bool)
    # Gamma of shape 5 around the expectation: units weigh as 5 of them.
    varied = rng.poisson(expected * rng.gamma(5, 1 / 5, expected.shape)).astype(float)

    assert prior_units(varied, expected, is_open) == pytest.approx(5, rel=0.1)
    assert prior_units(expected, expected, is_open) == MAX_PRIOR_UNITS


def test_learning_finds_the_effect_of_a_trait_from_the_hours_in_stock():
    """Each third day has a promotion that doubles demand; a part of the days is half out of stock."""
    rng = np.random.default_rng(0)
    promoted = np.broadcast_to(np.arange(60) % 3 == 0, (100, 60)).astype(float)
    exposure = np.where(rng.random((100, 60)) < 0.3, 0.5, 1.0)
    units = rng.poisson(8 * 2**promoted * exposure).astype(float)
    sales = series(units, exposure, groups=np.arange(100), traits=promoted[..., None])

    model = learn(sales, first_day=14)

    assert np.exp(model.effects[0]) == pytest.approx(2, rel=0.1)
    # What is expected of a promoted day, whether it was out of stock or not: 16 units, not 8.
    assert model.expected(sales)[:, 57].mean() == pytest.approx(16, rel=0.1)


def test_series_that_never_sold_are_learnt_from_without_harm():
    model = learn(series(np.zeros((3, 30)), np.zeros((3, 30)), traits=np.ones((3, 30, 2))), 14)

    assert model.demand(series(np.zeros((3, 30)), traits=np.ones((3, 30, 2)))).tolist() == (
        np.zeros((3, 30)).tolist()
    )
