"""Holding kept forecasts against what came (jobs.score_forecasts) and the page (jobs.forecast_page)."""

import datetime as dt

import numpy as np
import pytest

from features.schemas.lake import DailyDemand, DemandForecast, DemandHistory
from features.schemas.logs import ProductVersion, StockLevel
from jobs.cost_of_stock import StockCosts, stock_costs, summed
from jobs.forecast_page import page
from jobs.partitions import Partitions
from jobs.score_forecasts import by_day, by_model, scores
from jobs.shown_forecasts import chosen, days_of_cover, shown_forecasts
from models.evaluation.stock_costs import CostRates
from tests.tables import arrow

MADE = dt.date(2024, 5, 1)
DAY = dt.date(2024, 5, 3)
NO_COSTS = StockCosts({}, [], [])


@pytest.fixture
def lake(tmp_path):
    """Product 1 sells 4 a day and 6 on the last; product 2, without a category, one on that day."""
    found = Partitions(tmp_path)
    for n in range(30):
        day = DAY - dt.timedelta(days=n)
        more = "" if n else f"\n2 | {day} | 1 | {day}"
        rows = f"1 | {day} | {6 if n == 0 else 4} | {day}{more}"
        head = "product_id | demand_date | n_units_sold | date\n---\n"
        found.write(DailyDemand, arrow(DailyDemand, head + rows), day)
    forecasts = """
        product_id | warehouse_id | demand_date | mean_units | p05_units | p10_units | p50_units | p90_units | p95_units | model_version | date
        -----------+--------------+-------------+------------+-----------+-----------+-----------+-----------+-----------+---------------+-----------
        1          | 0            | 2024-05-02  | 4          | 1         | 2         | 4         | 5         | 7         | trees 12ab    | 2024-05-01
        1          | 0            | 2024-05-03  | 4          | 1         | 2         | 4         | 5         | 7         | trees 12ab    | 2024-05-01
        2          | 0            | 2024-05-02  | 1          | 0         | 0         | 1         | 2         | 3         | trees 12ab    | 2024-05-01
        2          | 0            | 2024-05-03  | 1          | 0         | 0         | 1         | 2         | 3         | trees 12ab    | 2024-05-01
    """
    found.write(DemandForecast, arrow(DemandForecast, forecasts), MADE)
    versions = """
        event_id | product_id | title | price_cents | category_id | status    | occurred_at      | date
        ---------+------------+-------+-------------+-------------+-----------+------------------+-----------
        a        | 1          | Lamp  | 100         | 7           | published | 2024-04-01T00:00 | 2024-05-01
        b        | 2          | <Tea> | 200         |             | published | 2024-04-01T00:00 | 2024-05-01
    """
    found.write(ProductVersion, arrow(ProductVersion, versions), MADE)
    levels = """
        event_id | product_id | n_available | occurred_at      | date
        ---------+------------+-------------+------------------+-----------
        c        | 1          | 9           | 2024-04-30T10:00 | 2024-05-01
        d        | 1          | 6           | 2024-05-01T10:00 | 2024-05-01
    """
    found.write(StockLevel, arrow(StockLevel, levels), MADE)
    return found


def test_a_day_is_scored_once_for_each_forecast_of_it_whole_and_by_segment(lake):
    rows = scores(lake, DAY).to_pylist()

    found = {(row["segment_kind"], row["segment"]): row for row in rows}
    assert set(found) == {
        ("all", "all"), ("pace", "fast"), ("pace", "rare"), ("category", "7"), ("category", "none"),
    }  # fmt: skip
    whole = found["all", "all"]
    assert (whole["n_units"], whole["sum_absolute_error"], whole["sum_error"]) == (7, 2, -2)
    assert whole["sum_absolute_error_naive"] == 2 + 1  # a week before: 4, and nothing
    assert (whole["n_within_80"], whole["n_within_90"]) == (1, 2)
    assert whole["made_on"] == MADE
    assert whole["model_version"] == "trees 12ab"
    assert found["pace", "fast"]["n_units"] == 6


def test_a_day_that_no_forecast_was_made_of_has_no_rows(lake):
    assert scores(lake, MADE).num_rows == 0
    assert scores(lake, DAY + dt.timedelta(days=28)).num_rows == 0


def test_scoring_twice_gives_the_same_rows(lake):
    assert scores(lake, DAY) == scores(lake, DAY)


def test_measures_are_told_by_day_and_by_model_version(lake):
    rows = scores(lake, DAY).to_pylist()

    assert by_day(rows)[0]["n_units"] == 7
    assert by_model(rows)["trees"]["wape"] == pytest.approx(2 / 7)


def test_the_page_shows_errors_forecast_and_stock_and_what_is_typed_is_no_markup(lake):
    rows = scores(lake, DAY).to_pylist()

    made = page(rows, {"biased": "by a lot"}, shown_forecasts(lake, DAY), NO_COSTS, DAY)

    assert "<b>biased</b>: by a lot." in made
    assert "28.6" in made  # WAPE %: 2 of 7 units
    assert "Lamp" in made
    assert "&lt;Tea&gt;" in made
    assert "stock for 1.5 days" in made  # 6 units, 4 a day


def test_without_a_forecast_the_page_says_so(tmp_path):
    made = page([], {}, shown_forecasts(Partitions(tmp_path), DAY), NO_COSTS, DAY)

    assert "No forecast has come true yet" in made


def test_what_lacked_units_and_what_has_too_many_costs(lake):
    """Product 1 was out for a while and 3 more were wanted; of product 2, one a day is foreseen."""
    history = """
        product_id | warehouse_id | demand_date | n_units_sold | demand_units | hours_out_of_stock | date
        -----------+--------------+-------------+--------------+--------------+--------------------+-----------
        1          | 5            | 2024-05-03  | 4            | 6            | 6                  | 2024-05-03
        1          | 6            | 2024-05-03  | 2            | 3            | 6                  | 2024-05-03
        1          | 5            | 2024-05-02  | 0            | 9            | 24                 | 2024-05-03
    """
    lake.write(DemandHistory, arrow(DemandHistory, history), DAY)
    levels = """
        event_id | product_id | n_available | occurred_at      | date
        ---------+------------+-------------+------------------+-----------
        e        | 2          | 21          | 2024-05-03T10:00 | 2024-05-03
    """
    lake.write(StockLevel, arrow(StockLevel, levels), DAY)

    found = stock_costs(lake, DAY, CostRates(0.4, 0.365, cover_days=20))

    told = {row["product_id"]: row for row in found.to_pylist()}
    assert (told[1]["hidden_units"], told[1]["lost_margin_cents"]) == (3, 3 * 100 * 0.4)
    assert (told[2]["stock_units"], told[2]["excess_units"]) == (21, 1)
    assert told[2]["holding_cost_cents"] == pytest.approx(1 * 200 * 0.6 * 0.001)
    in_all = summed(found, {1: "Lamp"})
    assert in_all.total["hidden_units"] == 3
    assert [row["title"] for row in in_all.worst] == ["Lamp", "2"]
    assert "<td>120</td>" in page([], {}, [], in_all, DAY)


def test_days_of_cover_end_within_the_day_on_which_the_last_unit_goes():
    mean = np.array([[2.0, 2, 4], [1, 1, 1], [1, 1, 1], [0, 0, 0]])

    found = days_of_cover(np.array([1, 2, 3, 4]), mean, {1: [6], 2: [0], 4: [0]})

    assert found == [2.5, 0, None, 3]


def test_shown_are_the_most_wanted_then_those_that_run_out_first():
    cover = [9.0, 1.0, None, 3.0, 2.0, 5.0, 4.0, 0.5]

    assert chosen(np.array([9.0, 8, 7, 6, 5, 4, 3, 2]), cover) == [0, 1, 2, 3, 4, 5, 7, 6]
