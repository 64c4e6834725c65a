"""Holidays and sellers in forecasts (models.forecasting.holidays, holiday_effects, newcomers)."""

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest

from models.forecasting.features import History
from models.forecasting.gradient_boosting import GlobalTrees
from models.forecasting.grouping import groups_of
from models.forecasting.hierarchy import forecast_of_groups
from models.forecasting.holiday_effects import HolidayAdjusted, effects_of
from models.forecasting.holidays import NONE, Holidays, holidays_of
from models.forecasting.newcomers import with_newcomers
from models.forecasting.panel import WEEKLY, panel_of
from models.forecasting.references import MovingMean
from models.forecasting.slow_movers import tsb

MONDAY = dt.date(2024, 1, 1)
FAIRS = (90, 171, 243, 303)
"""Days of a fair that is on no weekday and in no season; the last is three days after the known ones."""
N_DAYS = 300


def day(column, days=1):
    return MONDAY + dt.timedelta(days=days * column)


def calendar(*columns, name="fair", days=1):
    return holidays_of((day(column, days), name) for column in columns)


@pytest.fixture(scope="module")
def fairs():
    """40 products of 10 a day; 30 on a fair and 20 on the day before it."""
    mean = np.full(N_DAYS + 7, 10.0)
    for fair in FAIRS:
        mean[fair - 1], mean[fair] = 20, 30
    units = np.random.default_rng(0).poisson(mean, (40, N_DAYS + 7)).astype(float)
    return replace(panel_of(units, MONDAY), holidays=calendar(*FAIRS))


def foreseen(model, panel):
    """The mean of all products on each of the next seven days: the fair is on the fourth."""
    known = panel.until(N_DAYS)
    return model.fit(known, 7).locate(known, 7).mean(axis=0)


def untold(panel):
    return replace(panel, holidays=Holidays())


@pytest.mark.parametrize(
    "model",
    [
        # What is foreseen of the day after a fair differs from one sample to the next: three differ less.
        lambda: GlobalTrees(n_rows=30_000, n_trees=60, n_leaves=15, seeds=(0, 1, 2)),
        lambda: HolidayAdjusted(MovingMean(28)),
        lambda: HolidayAdjusted(tsb()),
    ],
    ids=["trees", "mean", "tsb"],
)
def test_what_a_fair_sells_is_foreseen_with_a_calendar_and_not_without(fairs, model):
    told, guessed = foreseen(model(), fairs), foreseen(model(), untold(fairs))

    assert told[[2, 3]] == pytest.approx([20, 30], rel=0.2)
    assert told[[0, 1, 4, 5, 6]] == pytest.approx([10] * 5, rel=0.25)
    assert guessed.max() < 15


def test_sums_over_products_know_the_fair_too_so_that_they_do_not_pull_it_down(fairs):
    known = fairs.until(N_DAYS)

    found = forecast_of_groups(known, np.zeros(40, int), 7).mean[0]

    assert found[[2, 3, 5]] / 40 == pytest.approx([20, 30, 10], rel=0.15)


def test_a_period_is_named_after_the_nearer_holiday_and_after_the_coming_one_if_both_are_as_near():
    holidays = holidays_of([(day(10), "eve"), (day(14), "feast"), (day(14), "later by name")])

    name, distance = holidays.around(MONDAY, 1, np.array([7, 8, 10, 12, 13, 15, 16]), (2, 1))

    eve, feast = 0, 1
    assert holidays.labels == ("eve", "feast")
    assert name.tolist() == [NONE, eve, eve, feast, feast, feast, NONE]
    assert distance.tolist() == [0, -2, 0, -2, -1, 1, 0]


def test_a_week_has_the_holidays_of_its_days():
    holidays = holidays_of([(day(20), "feast")])

    name, distance = holidays.around(MONDAY, 7, np.arange(5), (1, 1))

    assert name.tolist() == [NONE, 0, 0, 0, NONE]
    assert distance.tolist() == [0, -1, 0, 1, 0]


def test_one_holiday_of_a_slow_product_says_less_than_that_of_all():
    """All others sell 10 a day and 30 on the feast, the slow one 1 and on the feast none."""
    units = np.full((11, 60), 10.0)
    units[:, 50] = 30
    units[0], units[0, 50] = 1, 0
    panel = replace(panel_of(units, MONDAY), holidays=calendar(50, 63))
    rows = np.array([0, 1]), np.full(2, 59), np.full(2, 63)

    slow, fast = effects_of(panel, groups_of(panel)).ratios(*rows)

    of_all = (300 + 20 * 1) / (101 + 20)
    assert slow == pytest.approx((0 + 20 * of_all) / (1 + 20))
    assert fast == pytest.approx((30 + 20 * of_all) / (10 + 20))


def test_effects_are_those_known_at_the_origin():
    """The feast sold nothing more the first time, three times as much the second."""
    units = np.full((1, 120), 1_000.0)
    units[0, 100] = 3_000
    panel = replace(panel_of(units, MONDAY), holidays=calendar(50, 100, 130))
    origins = np.array([49, 50, 99, 100])

    found = effects_of(panel, groups_of(panel)).ratios(np.zeros(4, int), origins, np.full(4, 130))

    assert found == pytest.approx([1, 1, 1, 2], abs=0.05)


def test_no_feature_of_a_holiday_looks_past_its_origin(fairs):
    series, origin = np.repeat(np.arange(40), 7), np.full(280, 240)
    ahead = np.tile(range(1, 8), 40)
    changed = replace(fairs, units=fairs.units.copy())
    changed.units[:, 241:] += 500

    known, not_cut = (
        History(each, groups_of(each)).describe(series, origin, ahead)
        for each in (fairs.until(241), changed)
    )

    for name in ("holiday", "holiday_distance", "holiday_effect"):
        np.testing.assert_allclose(known[name], not_cut[name], err_msg=name)
    of_days = known["holiday_effect"].reshape(40, 7).mean(axis=0)
    assert of_days == pytest.approx([1, 2, 3, 1, 1, 1, 1], rel=0.1)


def test_days_on_which_the_shop_is_closed_are_foreseen_empty_and_tell_nothing_of_others():
    units = np.full((3, 100), 100.0)
    units[:, [60, 95]] = 0
    panel = replace(panel_of(units, MONDAY), holidays=calendar(60, 95, 102))

    found = HolidayAdjusted(MovingMean(28)).fit(panel, 7).locate(panel, 7)

    assert (found[:, 2] < 5).all()
    assert found[:, [0, 6]] == pytest.approx(np.full((3, 2), 100), rel=0.001)


def test_weeks_know_holidays_too():
    units = np.full((20, 120), 50.0)
    units[:, [20, 73]] = 150
    panel = replace(panel_of(units, MONDAY, WEEKLY), holidays=calendar(20, 73, 122, days=7))

    found = HolidayAdjusted(MovingMean(13)).fit(panel, 4).locate(panel, 4)

    assert found.mean(axis=0) == pytest.approx([50, 50, 150, 50], rel=0.15)


def test_without_a_calendar_nothing_changes(fairs):
    plain = untold(fairs).until(N_DAYS)

    adjusted = HolidayAdjusted(MovingMean(28)).locate(plain, 7)

    np.testing.assert_array_equal(adjusted, MovingMean(28).locate(plain, 7))
    names = History(plain, groups_of(plain)).describe(*np.array([[0], [50], [1]]))
    assert not [name for name in names if "holiday" in name]


def sellers(n_of_new=1):
    """Products began with 4 units a day, those of seller 0 with 12; the newest one began yesterday."""
    units = np.zeros((41, 60))
    seller = np.arange(41) % 4
    units[:, 20:] = np.where(seller == 0, 12, 4)[:, None]
    units[40], units[40, -1] = 0, 6
    return units, seller


def test_a_new_product_is_foreseen_from_what_else_its_seller_sells():
    units, seller = sellers()
    category = np.arange(41) % 2
    told = replace(panel_of(units, MONDAY), codes={"category": category, "seller": seller})
    guessed = replace(told, codes={"category": category})

    with_seller, without = (
        with_newcomers(np.full((41, 1), 6.0), each, groups_of(each))[40].item()
        for each in (told, guessed)
    )

    of_category = (10 * 12 + 10 * 4 + 5 * 6) / (20 + 5)
    assert without == pytest.approx(6 / 14 + 13 / 14 * of_category)
    assert with_seller > 1.25 * without


def test_the_product_of_a_new_seller_is_foreseen_as_its_category_is():
    units, seller = sellers()
    seller[40] = 4
    told = replace(panel_of(units, MONDAY), codes={"category": np.arange(41) % 2, "seller": seller})
    groups = groups_of(told)

    assert groups.first_ratios["seller"][4] == 1
    assert groups.first_ratios["seller"][0] > 1.2


def test_the_trees_know_a_seller_once_it_has_sold_something():
    units, seller = sellers()
    seller[40] = 4
    panel = replace(panel_of(units, MONDAY), codes={"seller": seller})
    history = History(panel, groups_of(panel))

    found = history.describe(np.array([39, 40, 40]), np.array([58, 58, 59]), np.ones(3, int))

    np.testing.assert_array_equal(found["code_seller"], [3, np.nan, 4])


def test_a_seller_s_own_day_of_the_week_is_foreseen_and_not_without_it():
    """Each product sells 1 in five days, and 1 on its seller's market day: too little to see it by itself."""
    n_days, seller = 147, np.arange(280) % 7
    market = np.arange(n_days) % 7 == seller[:, None]
    units = np.random.default_rng(1).poisson(np.where(market, 1.0, 0.2)).astype(float)
    told = replace(panel_of(units, MONDAY), codes={"seller": seller})

    errors = []
    for panel in (told, replace(told, codes={})):
        known = panel.until(140)
        model = GlobalTrees(n_rows=20_000, n_trees=60, n_leaves=15).fit(known, 7)
        expected = np.where(market[:, 140:], 1.0, 0.2)
        errors.append(np.abs(model.locate(known, 7) - expected).mean())

    assert errors[0] < 0.7 * errors[1]
