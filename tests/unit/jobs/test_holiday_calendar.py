"""The calendar that a shop keeps (jobs.holiday_calendar), and what the jobs make of it and of sellers."""

import datetime as dt

import numpy as np
import pytest

from jobs.demand_learning import holiday_traits, learnt_of_week, places_in
from jobs.demand_window import WINDOW_DAYS, window_of
from jobs.holiday_calendar import HolidayFileError, calendar, read_holidays
from jobs.runner import JobError, Settings
from models.forecasting.censoring import RateSettings, Sales, group_rates, seller_ratios
from models.forecasting.holidays import Holidays, holidays_of
from tests.unit.jobs.test_demand_history import (
    DAY,
    days_ago,
    level,
    movements,
    number,
    sale,
    version,
)

NEW_YEAR = dt.date(2024, 1, 1)


def written(tmp_path, text):
    path = tmp_path / "holidays.csv"
    path.write_text("\n".join(line.strip() for line in text.strip().split("\n")))
    return path


def test_a_calendar_is_a_table_of_dates_and_names(tmp_path):
    path = written(
        tmp_path,
        """
        date,name
        2024-12-25,Christmas
        2024-01-01,New Year
        2025-12-25,Christmas
        """,
    )

    assert read_holidays(path) == holidays_of(
        [
            (NEW_YEAR, "New Year"),
            (dt.date(2024, 12, 25), "Christmas"),
            (dt.date(2025, 12, 25), "Christmas"),
        ]
    )


def test_of_several_countries_one_is_chosen(tmp_path):
    path = written(
        tmp_path,
        """
        date,name,country
        2024-01-01,New Year,AT
        2024-01-01,Neujahr,DE
        """,
    )

    assert read_holidays(path, "DE").labels == ("Neujahr",)
    with pytest.raises(HolidayFileError, match="holidays of AT, DE: choose by --country"):
        read_holidays(path)
    with pytest.raises(HolidayFileError, match="no holidays of FR, but of AT, DE"):
        read_holidays(path, "FR")


@pytest.mark.parametrize(
    ("text", "country", "message"),
    [
        ("day,name\n2024-01-01,a", "", "has no column date: a calendar has date, name"),
        ("date,name\n2024-01-01,a\n31 Foo,b", "", "row 2: 31 Foo is no date: write 2024-12-25"),
        ("date,name\n2024-01-01,", "", "row 1: the holiday has no name"),
        ("date,name\n2024-01-01,a", "DE", "has no column country: leave DE away"),
    ],
)
def test_what_is_wrong_with_a_calendar_is_told_with_its_row(tmp_path, text, country, message):
    with pytest.raises(HolidayFileError, match=message):
        read_holidays(written(tmp_path, text), country)


def test_a_shop_without_a_calendar_has_no_holidays_and_a_broken_one_stops_the_job(tmp_path):
    settings = Settings(emporium_home=tmp_path)

    assert calendar(settings) == Holidays()
    written(tmp_path, "name\na")
    with pytest.raises(JobError, match="has no column date"):
        calendar(settings)


def fair_of(*columns):
    first = DAY - dt.timedelta(days=WINDOW_DAYS - 1)
    return holidays_of((first + dt.timedelta(days=column), "fair") for column in columns)


def test_a_day_is_a_holiday_or_lies_before_or_after_one():
    known = window_of(movements(version()), number(DAY))

    found = holiday_traits(known, fair_of(20))[0]

    assert np.flatnonzero(found[:, 0]).tolist() == [20]
    assert np.flatnonzero(found[:, 1]).tolist() == [17, 18, 19]
    assert np.flatnonzero(found[:, 2]).tolist() == [21, 22, 23]
    assert holiday_traits(known, Holidays()).shape == (1, WINDOW_DAYS, 0)


def test_a_holiday_out_of_stock_hid_what_the_last_one_sold_and_without_a_calendar_a_usual_day():
    """20 products sell 4 a day and 12 on the fair of three weeks ago; today is a fair, and all are sold out."""
    sales = [
        sale(days_ago(n), 9, 12 if n == 21 else 4, product_id=product)
        for n in range(1, WINDOW_DAYS)
        for product in range(1, 21)
    ]
    outs = [level(days_ago(1), 23, 0, product_id=product) for product in range(1, 21)]
    versions = [version(product_id=product) for product in range(1, 21)]
    known = window_of(movements(*versions, *sales, *outs), number(DAY))
    fairs = fair_of(WINDOW_DAYS - 22, WINDOW_DAYS - 1)

    told, guessed = (
        learnt_of_week(known, each).demand(known)[:, -1].mean() for each in (fairs, Holidays())
    )

    assert told == pytest.approx(12, rel=0.15)
    assert guessed < 7


def test_a_new_product_of_a_strong_seller_is_expected_to_sell_more_than_its_category():
    """Of one category; 20 of seller 1 sell 12 a day, 20 of seller 2 sell 4; the newest of each is hidden."""
    units = np.repeat([12.0, 4.0], 21)[:, None] * np.ones(40)
    exposure = np.ones_like(units)
    hidden = [20, 41]
    units[hidden], exposure[hidden] = 0, 0
    seller = np.repeat([1, 2], 21)
    sales = Sales(units, exposure, np.zeros(42, int), 1, np.zeros((42, 40, 0)), seller, n_sellers=4)
    plain, settings = np.ones_like(units), RateSettings()

    of_group = group_rates(sales, plain, settings)
    ratios = seller_ratios(sales, plain, of_group, settings)[:, -1]

    assert of_group[0, -1] == pytest.approx(8)
    assert 8 * ratios == pytest.approx([8, 12, 4, 8], rel=0.02)


def test_a_seller_that_is_not_among_the_commonest_is_one_of_the_others():
    assert places_in(np.array([3, 8]), np.array([8, 3, 5, 0])).tolist() == [2, 1, 0, 0]
