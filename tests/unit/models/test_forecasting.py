"""Forecasts of demand (models.forecasting) and their measures (models.evaluation.forecasts)."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.evaluation.forecasts import bias, interval_coverage, pinball, wape
from models.forecasting.backtest import backtest
from models.forecasting.features import NAMES, History
from models.forecasting.gradient_boosting import GradientBoostedForecaster, TooFewDaysError
from models.forecasting.references import RecentMean, SeasonalNaive

MONDAY = 0


@pytest.fixture(scope="module")
def demand():
    """60 products over 20 weeks, Saturdays three times the rest, with Poisson noise."""
    rng = np.random.default_rng(0)
    level = rng.gamma(2, 2, size=(60, 1))
    week = np.where(np.arange(140) % 7 == 5, 3.0, 1.0)
    return rng.poisson(level * week).astype(float)


FORECASTERS = {
    "gradient_boosting": lambda: GradientBoostedForecaster(n_rows=4_000, n_trees=60),
    "seasonal_naive": SeasonalNaive,
    "mean_of_7_days": RecentMean,
}


@pytest.mark.parametrize("name", FORECASTERS)
def test_every_forecast_is_ordered_and_never_below_zero(name, demand):
    forecast = FORECASTERS[name]().fit(demand, MONDAY).predict(demand, MONDAY, 7)

    assert forecast.mean.shape == (60, 7)
    assert (forecast.p10 >= 0).all()
    assert (forecast.mean >= 0).all()
    assert (forecast.p10 <= forecast.p50).all()
    assert (forecast.p50 <= forecast.p90).all()


def test_the_references_by_hand():
    week = np.array([[1.0, 2, 3, 4, 5, 6, 7]])

    naive = SeasonalNaive().predict(week, MONDAY, 3)
    mean = RecentMean().predict(week, MONDAY, 2)

    assert naive.p50.tolist() == [[1, 2, 3]]
    assert mean.mean.tolist() == [[4, 4]]
    assert (mean.p10 < 4).all()


def test_the_trees_find_the_week_and_beat_the_references(demand):
    scores = {
        name: backtest(make(), demand, MONDAY, horizon=7, n_origins=3)
        for name, make in FORECASTERS.items()
    }

    assert scores["gradient_boosting"]["wape"] < 0.9 * scores["seasonal_naive"]["wape"]
    assert scores["gradient_boosting"]["wape"] < scores["mean_of_7_days"]["wape"]
    assert abs(scores["gradient_boosting"]["bias"]) < 0.1
    assert 0.7 < scores["gradient_boosting"]["coverage"] < 0.95


def test_no_feature_looks_past_its_origin(demand):
    series, origin, ahead = np.repeat(np.arange(60), 7), np.full(420, 90), np.tile(range(1, 8), 60)
    changed = demand.copy()
    changed[:, 91:] = 1_000

    known, unknown = (
        History(matrix, MONDAY).describe(series, origin, ahead) for matrix in (demand, changed)
    )

    np.testing.assert_array_equal(known, unknown)
    assert known.shape == (420, len(NAMES))


def test_the_features_of_one_day_by_hand():
    demand = np.zeros((1, 57))
    demand[0, 56], demand[0, 49], demand[0, 50] = 7, 3, 2

    [row] = History(demand, MONDAY).describe(np.array([0]), np.array([56]), np.array([1]))

    named = dict(zip(NAMES, row.tolist(), strict=True))
    assert (named["weeks_ago_1"], named["weeks_ago_2"]) == (2, 0)
    assert named["last_day"] == 7
    assert named["mean_7_days"] == pytest.approx(9 / 7)
    assert named["days_since_sale"] == 0
    assert (named["weekday"], named["days_ahead"]) == (57 % 7, 1)


def test_the_same_seed_gives_the_same_forecast(demand):
    first, second = (
        FORECASTERS["gradient_boosting"]().fit(demand, MONDAY).predict(demand, MONDAY, 7)
        for _ in range(2)
    )

    np.testing.assert_array_equal(first.p50, second.p50)


def test_a_shop_that_sold_nothing_for_weeks_is_foreseen_to_sell_nothing():
    nothing = np.zeros((20, 60))

    found = GradientBoostedForecaster().fit(nothing, 0).predict(nothing, 0, 7)

    assert found.mean.max() < 1e-6
    assert found.p90.max() < 1e-6


def test_too_few_days_and_too_long_a_horizon_are_refused(demand):
    with pytest.raises(TooFewDaysError, match="30 days are too few"):
        GradientBoostedForecaster().fit(demand[:, :30], MONDAY)
    with pytest.raises(ValueError, match="8 days; choose 1 to 7"):
        GradientBoostedForecaster().predict(demand, MONDAY, 8)


def test_the_measures_by_hand():
    actual, forecast = np.array([2.0, 0, 4]), np.array([1.0, 1, 4])

    assert wape(actual, forecast) == pytest.approx(2 / 6)
    assert bias(actual, forecast) == 0
    assert pinball(actual, forecast, 0.9) == pytest.approx((0.9 + 0.1) / 3)
    assert interval_coverage(actual, forecast, forecast + 1) == pytest.approx(2 / 3)
    assert np.isnan(wape(np.zeros(2), np.ones(2)))


units = st.lists(st.floats(0, 1e6), min_size=1, max_size=20)


@given(units, st.floats(0, 1e6))
def test_pinball_at_the_median_is_half_the_absolute_error(actual, forecast):
    values = np.array(actual)

    expected = np.abs(values - forecast).mean() / 2
    assert pinball(values, np.full(len(values), forecast), 0.5) == pytest.approx(expected)


@given(units)
def test_a_perfect_forecast_has_no_error(actual):
    values = np.array(actual)

    assert wape(values, values) == 0 or not values.any()
    assert all(pinball(values, values, quantile) == 0 for quantile in (0.1, 0.5, 0.9))
