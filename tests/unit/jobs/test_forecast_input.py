"""What forecasts are made from (jobs.forecast_input) and the rows they become (jobs.forecast_demand)."""

import datetime as dt

import numpy as np
import pytest

from features.schemas.lake import DailyDemand, DemandHistory
from features.schemas.logs import ProductVersion
from jobs.forecast_demand import rows
from jobs.forecast_input import demand_as_known
from jobs.partitions import Partitions
from jobs.runner import JobError
from models.forecasting.contract import Forecast
from models.forecasting.holidays import holidays_of
from tests.tables import arrow

DAY = dt.date(2024, 5, 3)


@pytest.fixture
def lake(tmp_path):
    """Product 1 was out for a while on 3 May; of it warehouse 5 sold twice as much as 6."""
    found = Partitions(tmp_path)
    sold = """
        product_id | demand_date | n_units_sold | date
        -----------+-------------+--------------+-----------
        1          | 2024-05-01  | 4            | 2024-05-03
        1          | 2024-05-03  | 6            | 2024-05-03
        2          | 2024-05-02  | 1            | 2024-05-03
    """
    found.write(DailyDemand, arrow(DailyDemand, sold), DAY)
    first = """
        product_id | warehouse_id | demand_date | n_units_sold | demand_units | date
        -----------+--------------+-------------+--------------+--------------+-----------
        1          | 0            | 2024-05-02  | 0            | 7            | 2024-05-02
    """
    found.write(DemandHistory, arrow(DemandHistory, first), dt.date(2024, 5, 2))
    corrected = """
        product_id | warehouse_id | demand_date | n_units_sold | demand_units | date
        -----------+--------------+-------------+--------------+--------------+-----------
        1          | 0            | 2024-05-02  | 0            | 2            | 2024-05-03
        1          | 5            | 2024-05-03  | 4            | 5            | 2024-05-03
        1          | 6            | 2024-05-03  | 2            | 3            | 2024-05-03
    """
    found.write(DemandHistory, arrow(DemandHistory, corrected), DAY)
    versions = """
        event_id | product_id | category_id | seller_id | occurred_at      | date
        ---------+------------+-------------+-----------+------------------+-----------
        a        | 1          | 7           | 3         | 2024-04-01T00:00 | 2024-05-01
    """
    found.write(ProductVersion, arrow(ProductVersion, versions), dt.date(2024, 5, 1))
    return found


def test_what_stock_outs_hid_is_wanted_and_seen_less_and_the_newest_estimate_counts(lake):
    holidays = holidays_of([(DAY, "fair")])

    panel = demand_as_known(lake, DAY, 3, holidays).panel

    assert panel.units.tolist() == [[4, 2, 8], [0, 1, 0]]
    assert panel.seen[0].tolist() == [1, 0, 0.75]
    assert panel.codes["category"].tolist() == [1, 0]
    assert panel.codes["seller"].tolist() == [1, 0]
    assert panel.holidays == holidays


def test_where_all_is_sold_by_one_the_seller_says_nothing(lake):
    same = """
        event_id | product_id | category_id | seller_id | occurred_at      | date
        ---------+------------+-------------+-----------+------------------+-----------
        b        | 2          | 8           | 3         | 2024-04-01T00:00 | 2024-05-02
    """
    lake.write(ProductVersion, arrow(ProductVersion, same), dt.date(2024, 5, 2))

    assert list(demand_as_known(lake, DAY, 3).panel.codes) == ["category"]


def test_warehouses_are_told_with_what_they_sold_lately(lake):
    demand = demand_as_known(lake, DAY, 3)

    assert demand.warehouse_ids.tolist() == [5, 6]
    assert demand.sold_in.tolist() == [[4, 2], [0, 0]]


def test_a_forecast_has_rows_of_the_shop_and_of_each_warehouse_that_add_up(lake):
    demand = demand_as_known(lake, DAY, 3)
    mean = np.array([[6.0, 3.0], [1.0, 1.0]])
    forecast = Forecast(mean, mean, np.stack([mean / 2, mean, mean * 2]), (0.1, 0.5, 0.9))

    found = rows(demand, forecast, DAY, "trees 1").to_pylist()

    by_place = {}
    for row in found:
        by_place.setdefault((row["product_id"], row["warehouse_id"]), []).append(row["mean_units"])
    assert by_place[1, 0] == [6, 3]
    assert by_place[1, 5] == pytest.approx([4, 2])
    assert by_place[1, 6] == pytest.approx([2, 1])
    assert (2, 5) not in by_place


def test_a_shop_that_tells_no_warehouse_has_rows_of_the_whole_alone(tmp_path):
    lake = Partitions(tmp_path)
    sold = """
        product_id | demand_date | n_units_sold | date
        -----------+-------------+--------------+-----------
        1          | 2024-05-03  | 6            | 2024-05-03
    """
    lake.write(DailyDemand, arrow(DailyDemand, sold), DAY)
    demand = demand_as_known(lake, DAY, 1)
    mean = np.ones((1, 2))

    found = rows(demand, Forecast(mean, mean, np.stack([mean] * 3), (0.1, 0.5, 0.9)), DAY, "v")

    assert found["warehouse_id"].to_pylist() == [0, 0]


def test_too_few_days_are_refused_with_what_to_do(lake):
    with pytest.raises(JobError, match="3 days up to 2024-05-03, a forecast needs 57: load more"):
        demand_as_known(lake, DAY, 57)
