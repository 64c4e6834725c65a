"""Forecasts of demand (models.forecasting) and their measures (models.evaluation.forecasts)."""

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.evaluation.forecasts import bias, interval_coverage, mape, pinball, wape
from models.forecasting.backtest import backtest, joined, measures
from models.forecasting.choosing import ChosenForecaster, choose, mixture, past_origins
from models.forecasting.contract import LEVELS, Forecast, TooFewPeriodsError
from models.forecasting.elasticities import Elasticities
from models.forecasting.features import History
from models.forecasting.gradient_boosting import GlobalTrees, chances, sampled
from models.forecasting.grouping import groups_of
from models.forecasting.hierarchy import AgreeingForecaster, agreeing, forecast_of_groups, sums
from models.forecasting.newcomers import with_newcomers
from models.forecasting.panel import WEEKLY, panel_of
from models.forecasting.references import MovingMean, SeasonalNaive
from models.forecasting.residuals import residuals_of, weighted_median
from models.forecasting.segments import NAMES, segments
from models.forecasting.similar import mean_in_similar_periods
from models.forecasting.slow_movers import croston, ets, tsb

MONDAY = dt.date(2024, 1, 1)


@pytest.fixture(scope="module")
def panel():
    """60 products over 20 weeks, Saturdays three times the rest, with Poisson noise."""
    rng = np.random.default_rng(0)
    level = rng.gamma(2, 2, size=(60, 1))
    week = np.where(np.arange(140) % 7 == 5, 3.0, 1.0)
    return panel_of(rng.poisson(level * week).astype(float), MONDAY)


def trees():
    return GlobalTrees(n_rows=6_000, n_trees=60, n_leaves=15)


LOCATORS = {
    "trees": trees,
    "seasonal_naive": SeasonalNaive,
    "mean_of_7_days": MovingMean,
    "croston": croston,
    "tsb": tsb,
}


@pytest.mark.parametrize("name", LOCATORS)
def test_every_forecast_is_ordered_and_never_below_zero(name, panel):
    forecast = ChosenForecaster({name: LOCATORS[name]}).fit(panel, 7).predict(panel, 7)

    assert forecast.mean.shape == forecast.point.shape == (60, 7)
    assert forecast.quantiles.shape == (len(LEVELS), 60, 7)
    assert (forecast.mean >= 0).all()
    assert (forecast.quantiles >= 0).all()
    assert (np.diff(forecast.quantiles, axis=0) >= 0).all()


def test_the_references_by_hand():
    week = panel_of(np.array([[1.0, 2, 3, 4, 5, 6, 7]]), MONDAY)

    assert SeasonalNaive().locate(week, 3).tolist() == [[1, 2, 3]]
    assert MovingMean().locate(week, 2).tolist() == [[4, 4]]
    assert MovingMean(2).locate(week, 1).tolist() == [[6.5]]


def test_what_was_not_seen_is_no_part_of_a_mean():
    week = panel_of(np.array([[4.0, 0, 6]]), MONDAY)
    gap = replace(week, seen=np.array([[1, 0, 1]], np.float32))

    assert MovingMean(3).locate(gap, 1).tolist() == [[5]]


def test_models_of_one_series_take_short_and_empty_ones():
    units = np.zeros((4, 40))
    units[1, -1] = 3
    units[2] = 2
    units[3, ::4] = 4

    for make in (croston, tsb, ets):
        found = make().locate(panel_of(units, MONDAY), 3)
        assert found[0].tolist() == [0, 0, 0]
        assert found[1].tolist() == [3, 3, 3]
        assert found[2] == pytest.approx([2, 2, 2], rel=0.06)
        assert (found[3] > 0).all()


def test_the_trees_find_the_week_and_beat_the_references(panel):
    scores = {
        name: backtest(ChosenForecaster({name: LOCATORS[name]}), panel, horizon=7, n_origins=3)
        for name in ("trees", "seasonal_naive", "mean_of_7_days")
    }

    assert scores["trees"]["wape"] < 0.9 * scores["seasonal_naive"]["wape"]
    assert scores["trees"]["wape"] < scores["mean_of_7_days"]["wape"]
    assert abs(scores["trees"]["bias"]) < 0.1
    assert 0.72 < scores["trees"]["coverage_80"] < 0.88


def test_no_feature_looks_past_its_origin(panel):
    series, origin, ahead = np.repeat(np.arange(60), 7), np.full(420, 90), np.tile(range(1, 8), 60)
    changed = replace(panel, units=panel.units.copy())
    changed.units[:, 91:] = 1_000
    changed.units[:, 91:] *= panel.units[:, 91:] > 0
    groups = groups_of(panel.until(91))

    known, unknown = (
        History(each.until(91), groups_of(each.until(91))).describe(series, origin, ahead)
        for each in (panel, changed)
    )
    long = History(changed, replace(groups_of(changed), floor=groups.floor))
    not_cut = long.describe(series, origin, ahead)

    for name, values in known.items():
        np.testing.assert_array_equal(values, unknown[name], err_msg=name)
        np.testing.assert_allclose(values, not_cut[name], rtol=1e-4, err_msg=name)


def test_the_features_of_one_day_by_hand():
    demand = np.zeros((1, 57))
    demand[0, 0], demand[0, 56], demand[0, 49], demand[0, 50] = 1, 7, 3, 2
    panel = panel_of(demand, MONDAY)
    history = History(panel, groups_of(panel))
    row = np.array([0]), np.array([56]), np.array([1])

    found = {name: values.item() for name, values in history.describe(*row).items()}

    level = history.levels(*row[:2]).item()
    assert level == pytest.approx((12 + 3 * 13 / 57) / (28 + 3))
    assert (found["seasons_ago_1"], found["seasons_ago_2"]) == (pytest.approx(2 / level), 0)
    assert found["last_0"] == pytest.approx(7 / level)
    assert found["mean_7"] == pytest.approx(9 / 7 / level)
    assert (found["since_sale"], found["ahead"], found["weekday"]) == (0, 1, 57 % 7)


def test_a_day_out_of_stock_is_not_a_day_without_demand():
    demand = np.tile([4.0, 4, 4, 4, 4, 0, 0], 10)[None]
    panel = panel_of(demand, MONDAY)
    hidden = replace(panel, seen=(demand > 0).astype(np.float32))

    row = np.array([0]), np.array([69])
    levels = [History(each, groups_of(each)).levels(*row).item() for each in (panel, hidden)]

    assert levels == [pytest.approx(20 / 7, rel=0.02), pytest.approx(4)]


def test_periods_of_the_same_price_tell_most_of_what_a_price_sells():
    price = np.tile([1.0, 1, 1, 0.5], 11)[None, :41].astype(np.float32)
    units = np.where(price[:, :40] < 1, 30.0, 10)
    panel = replace(panel_of(units, MONDAY), known={"price": price})
    rows = np.array([0, 0]), np.array([34, 34]), np.array([35, 36])

    cheap, dear = mean_in_similar_periods(panel, {"price": 0.5}, rows)

    assert cheap == pytest.approx(30, abs=1)
    assert dear == pytest.approx(10, abs=1)


def test_the_same_seed_gives_the_same_forecast(panel):
    first, second = (trees().fit(panel, 7).locate(panel, 7) for _ in range(2))

    np.testing.assert_array_equal(first, second)


def test_trees_learn_the_mean_or_the_median():
    """Of ten days eight sell 1 and two sell 11."""
    units = np.random.default_rng(0).choice([1.0, 11.0], (60, 100), p=[0.8, 0.2])
    panel = panel_of(units, MONDAY)

    mean, median, both = (
        replace(trees(), aims=aims).fit(panel, 7).locate(panel, 7).mean()
        for aims in (("mean",), ("median",), ("mean", "median"))
    )

    assert mean == pytest.approx(3, abs=0.4)
    assert median == pytest.approx(1, abs=0.4)
    assert both == pytest.approx((mean + median) / 2)


def test_large_series_are_drawn_more_often_by_the_root_of_their_size():
    """Mean size 5.25; what never sells is drawn as if it had a twentieth of it."""
    units = np.array([1.0, 4, 16, 0])[:, None] * np.ones((4, 60))
    panel = replace(panel_of(units, MONDAY), seen=np.ones((4, 60), np.float32))
    roots = np.array([1, 2, 4, np.sqrt(5.25 / 20)])

    chance = chances(panel)
    series, _, _ = sampled(panel, 7, 1_400, 0, chance)

    assert chance == pytest.approx(roots / roots.sum())
    assert np.bincount(series, minlength=4) / len(series) == pytest.approx(chance, abs=0.04)


def test_the_mean_of_all_is_learned_whichever_series_are_drawn_more_often():
    """Large ones sell 50 a day; small ones 1 or 3, which is 2 in the mean."""
    rng = np.random.default_rng(0)
    units = np.concatenate([np.full((60, 100), 50.0), rng.choice([1.0, 3.0], (60, 100))])
    panel = panel_of(units, MONDAY)

    found = trees().fit(panel, 7).locate(panel, 7)

    assert found[:60].mean() == pytest.approx(50, rel=0.03)
    assert found[60:].mean() == pytest.approx(2, rel=0.06)


@pytest.fixture(scope="module")
def priced():
    """30 products of two brands over 80 weeks: at half the price brand 0 sells four times, brand 1 twice as much."""
    rng = np.random.default_rng(0)
    price = rng.choice([1.0, 0.5], (30, 82), p=[0.8, 0.2]).astype(np.float32)
    price[:, 80:] = 1
    price[:4, 81] = 0.5
    brand = np.arange(30) % 2
    noise = rng.lognormal(0, 0.3, (30, 80))
    units = 100 * price[:, :80] ** np.where(brand == 0, -2, -1)[:, None] * noise
    panel = panel_of(units, MONDAY, WEEKLY)
    return replace(panel, known={"price": price}, codes={"brand": brand})


def test_what_a_price_sells_follows_from_the_prices_of_the_past(priced):
    dear, cheap = Elasticities().fit(priced, 2).locate(priced, 2).T

    assert dear.mean() == pytest.approx(100, rel=0.1)
    assert (cheap / dear)[:4] == pytest.approx([4, 2, 4, 2], rel=0.12)
    assert (cheap / dear)[4:] == pytest.approx(np.ones(26), rel=0.2)


def test_relative_errors_want_less_than_the_median_and_squares_want_more(priced):
    """Of a lognormal whose logarithms vary by v the least relative error is at exp(-v) of the median."""
    low, middle, high = (
        Elasticities(loss).fit(priced, 2).locate(priced, 2).mean()
        for loss in ("relative", "absolute", "squared")
    )

    variance = 0.3**2
    assert low / middle == pytest.approx(np.exp(-variance), rel=0.03)
    assert high / middle == pytest.approx(np.exp(variance / 2), rel=0.03)


def test_effects_of_prices_are_the_same_for_a_part_of_the_series(priced):
    model = Elasticities().fit(priced, 2)

    parts = [model.locate(part, 2) for part in priced.parts(groups_of(priced), 7)]

    np.testing.assert_allclose(np.concatenate(parts), model.locate(priced, 2), rtol=1e-5)


def test_without_a_plan_the_price_is_as_usual_and_what_never_sold_will_not(priced):
    units, price = priced.units.copy(), priced.known["price"][:, :80]
    units[0] = 0
    panel = replace(priced, units=units, known={"price": price})

    found = Elasticities().fit(panel, 4).locate(panel, 4)

    assert found.shape == (30, 4)
    assert (found[0] == 0).all()
    assert (found[1:] > 0).all()


def test_a_price_never_seen_sells_at_most_four_times_what_ever_was_sold(priced):
    price = priced.known["price"].copy()
    price[0, 80] = 0.01

    found = Elasticities().fit(priced, 1).locate(replace(priced, known={"price": price}), 1)

    assert found[0, 0] == pytest.approx(4 * priced.units[0].max())


@pytest.mark.parametrize("loss", ["absolute", "relative"])
def test_a_shop_that_sold_nothing_is_foreseen_to_sell_nothing(loss):
    nothing = replace(panel_of(np.zeros((20, 60)), MONDAY), seen=np.ones((20, 60), np.float32))

    found = ChosenForecaster({"trees": lambda: GlobalTrees(loss=loss)}, loss).fit(nothing, 7)

    assert found.predict(nothing, 7).quantiles.max() == 0


def test_too_short_a_history_is_refused(panel):
    with pytest.raises(TooFewPeriodsError, match="bring 12 or more"):
        trees().fit(panel.until(10), 7)
    with pytest.raises(TooFewPeriodsError, match="need more than 14"):
        past_origins(14, 7, 1)
    with pytest.raises(ValueError, match="call fit first"):
        ChosenForecaster({"trees": trees}).predict(panel, 7)


@pytest.mark.parametrize(
    ("n_fits", "fitted_on"),
    [(1, [112, 140]), (2, [112, 126, 140]), (4, [112, 119, 126, 133, 140])],
)
def test_models_are_fitted_anew_for_so_many_of_the_origins(n_fits, fitted_on, panel):
    seen = []

    class Noted(MovingMean):
        def fit(self, panel, horizon):
            seen.append(panel.n_periods)
            return super().fit(panel, horizon)

    ChosenForecaster({"mean": Noted}, n_origins=4, n_fits=n_fits).fit(panel, 7)

    assert seen == fitted_on


def test_origins_leave_half_of_the_history():
    assert past_origins(40, 7, 2) == [26, 33]
    assert past_origins(20, 7, 4) == [13]


def test_demand_is_classed_by_how_often_and_how_unsteadily_it_sells():
    units = np.zeros((5, 60))
    units[0] = 5
    units[1, ::2], units[1, 1::2] = 1, 9
    units[2, ::5] = 4
    units[3, ::10], units[3, 5::10] = 1, 30
    units[4, 50:] = 5

    found = [NAMES[number] for number in segments(panel_of(units, MONDAY))]

    assert found == ["old smooth", "old erratic", "old intermittent", "old lumpy", "young smooth"]


def test_a_segment_takes_what_is_best_there_or_the_mean_of_two():
    actual = np.full((60, 2), 10.0)
    located = {
        "low": np.full((60, 2), 8.0),
        "high": np.concatenate([np.full((30, 2), 12.0), np.full((30, 2), 40.0)]),
    }
    segment = np.repeat([0, 4], 30)

    found = choose(located, actual, np.ones((60, 2)), segment, "absolute")

    assert (found[0], found[4]) == (("low", "high"), ("low",))
    assert mixture(located, segment, found)[[0, 59], 0].tolist() == [10, 8]


def test_a_model_counts_twice_in_a_mean_if_that_is_best():
    actual = np.full((60, 1), 10.0)
    located = {"near": np.full((60, 1), 7.0), "far": np.full((60, 1), 16.0)}

    found = choose(located, actual, np.ones((60, 1)), np.zeros(60, int), "absolute")

    assert found[0] == ("near", "near", "far")
    assert mixture(located, np.zeros(60, int), found)[0, 0] == 10


def test_of_a_draw_the_first_is_chosen():
    same = {"first": np.ones((30, 1)), "second": np.ones((30, 1))}

    found = choose(same, np.ones((30, 1)), np.ones((30, 1)), np.zeros(30, int), "absolute")

    assert found[0] == ("first",)


def test_intervals_hold_as_often_as_they_say_whatever_the_noise():
    rng = np.random.default_rng(0)
    located = rng.gamma(2, 5, (4_000, 3))
    actual = located * rng.lognormal(0.2, 0.6, (4_000, 3))
    seen, spread = np.ones((2_000, 3)), np.ones(2_000)

    learned = residuals_of(located[:2_000], actual[:2_000], seen, spread, "absolute")
    found = learned.around(located[2_000:], spread)

    figures = measures(actual[2_000:], found, seen)
    assert figures["coverage_80"] == pytest.approx(0.8, abs=0.02)
    assert figures["coverage_95"] == pytest.approx(0.95, abs=0.01)
    assert abs(figures["bias"]) < 0.03


def test_intervals_of_what_hardly_ever_sells_hold_no_more_than_they_say_all_together():
    """Half sell once in 40 days, which [0, 0] holds 39 times: the other half's intervals hold less."""
    rng = np.random.default_rng(0)
    rate = np.where(np.arange(4_000) % 2, 0.025, 30.0)[:, None]
    located = np.repeat(rate, 3, axis=1)
    actual = rng.poisson(located).astype(float)
    seen, spread = np.ones_like(actual), np.ones(4_000)

    learned = residuals_of(located, actual, seen, spread, "absolute")

    figures = measures(actual, learned.around(located, spread), seen)
    assert learned.shares[0.8] < 0.7
    assert figures["coverage_80"] == pytest.approx(0.8, abs=0.03)


def residuals_of_weeks(factors, rng):
    """Learn from a thousand forecasts of 100 units in each week; outcomes are about the week's factor as much."""
    week = np.repeat(np.arange(len(factors)), 1_000)
    actual = 100 * np.array(factors)[week, None] * rng.lognormal(0, 0.2, (len(week), 1))
    located, seen = np.full_like(actual, 100), np.ones_like(actual)
    return residuals_of(located, actual, seen, np.ones(len(week)), "absolute", week)


def test_intervals_are_widened_by_as_much_as_one_week_differs_from_another():
    rng = np.random.default_rng(0)

    alike = residuals_of_weeks([1.0] * 6, rng)
    unlike = residuals_of_weeks([0.8, 1.2, 0.9, 1.1, 0.85, 1.25], rng)

    assert alike.shares[0.8] == pytest.approx(0.8, abs=0.01)
    assert unlike.shares[0.8] > 0.82


def test_one_week_alone_says_nothing_of_others_and_widens_no_interval():
    assert residuals_of_weeks([1.3], np.random.default_rng(0)).shares[0.8] <= 0.8


def test_without_a_lower_tail_the_upper_has_all_that_may_be_missed():
    quantiles = np.array(LEVELS)[:, None, None] * 100 - 30

    low, high = Forecast(*[np.zeros((1, 1))] * 2, np.maximum(quantiles, 0)).interval(0.8)

    assert (low.item(), high.item()) == (0, pytest.approx(50))


def test_a_quantile_between_two_levels_lies_between():
    quantiles = np.array(LEVELS)[:, None, None] * 100
    forecast = Forecast(*[np.zeros((1, 1))] * 2, quantiles)

    assert forecast.quantile(0.25).item() == pytest.approx(25)
    assert forecast.quantile(0.9).item() == pytest.approx(90)


def test_relative_errors_want_less_than_the_median():
    """Outcomes 1, 2 and 4 weigh 1, 1/2 and 1/4: half of 7/4 lies within the first."""
    assert weighted_median(np.array([4.0, 1, 2]), np.array([0.25, 1, 0.5])) == 1


def test_a_new_product_is_foreseen_from_its_like():
    """Toys began with 8 units a day, games with 2; the newest toy was seen for one day of 14 only."""
    units = np.zeros((40, 60))
    kind = np.repeat([0, 1], 20)
    units[:, 20:] = np.where(kind == 0, 8, 2)[:, None]
    units[0], units[0, -1] = 0, 1
    panel = replace(panel_of(units, MONDAY), codes={"kind": kind})

    found = with_newcomers(np.ones((40, 1)), panel, groups_of(panel))

    mean = (19 * 8 + 20 * 2) / 39
    of_toys = (19 * 8 + 5 * mean) / 24
    assert found[0].item() == pytest.approx(1 / 14 + 13 / 14 * of_toys)
    assert (found[1:] == 1).all()


def test_sums_of_forecasts_agree_with_each_other(panel):
    kind = np.arange(60) % 3
    forecast = ChosenForecaster({"mean": MovingMean}).fit(panel, 7).predict(panel, 7)

    found = agreeing(panel, forecast, [kind, np.zeros(60, int)])

    whole = forecast_of_groups(panel, np.zeros(60, int), 7).mean[0]
    assert (found.quantiles >= 0).all()
    assert (np.diff(found.quantiles, axis=0) >= -1e-6).all()
    before, after = (abs(each.mean.sum(axis=0) - whole).sum() for each in (forecast, found))
    assert after < 0.5 * before
    of_kinds = sums(found.mean, {"kind": kind})["kind"]
    assert of_kinds.sum(axis=0) == pytest.approx(found.mean.sum(axis=0), rel=1e-5)


def test_series_that_are_seen_on_some_days_only_are_not_moved_down_to_what_was_seen(panel):
    """Of each day a third of the series is recorded; all sell some 6 a day."""
    rng = np.random.default_rng(1)
    seen = (rng.random(panel.units.shape) < 1 / 3).astype(np.float32)
    some = replace(panel, units=rng.poisson(6, seen.shape) * seen, seen=seen)
    alone = ChosenForecaster({"mean": lambda: MovingMean(28)}).fit(some, 7)

    found = AgreeingForecaster(alone).predict(some, 7)

    assert found.mean.mean() == pytest.approx(alone.predict(some, 7).mean.mean(), rel=0.05)
    assert found.mean.mean() == pytest.approx(6, rel=0.1)


def test_a_part_of_the_series_is_foreseen_as_within_the_whole(panel):
    whole = replace(panel, codes={"kind": np.arange(60) % 3})
    model = ChosenForecaster({"trees": trees, "tsb": tsb}).fit(whole, 7)

    parts = [model.predict(part, 7) for part in whole.parts(groups_of(whole), 25)]

    found = joined(parts)
    expected = model.predict(whole, 7)
    np.testing.assert_allclose(found.mean, expected.mean, rtol=1e-6)
    np.testing.assert_allclose(found.quantiles, expected.quantiles, rtol=1e-6)


def test_weeks_are_seen_a_year_back():
    weeks = np.where(np.arange(110) % 52 == 3, 50.0, 10)[None]
    panel = panel_of(weeks, MONDAY, WEEKLY)
    row = np.array([0]), np.array([105]), np.array([2])

    found = History(panel, groups_of(panel)).describe(*row)

    assert found["seasons_ago_1"].item() * History(panel, groups_of(panel)).levels(
        *row[:2]
    ) == pytest.approx(50)


def test_the_measures_by_hand():
    actual, forecast = np.array([2.0, 0, 4]), np.array([1.0, 1, 4])

    assert wape(actual, forecast) == pytest.approx(2 / 6)
    assert mape(actual, forecast) == pytest.approx(1 / 4)
    assert bias(actual, forecast) == 0
    assert pinball(actual, forecast, 0.9) == pytest.approx((0.9 + 0.1) / 3)
    assert interval_coverage(actual, forecast, forecast + 1) == pytest.approx(2 / 3)
    assert np.isnan(wape(np.zeros(2), np.ones(2)))
    assert np.isnan(mape(np.zeros(2), np.ones(2)))


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
