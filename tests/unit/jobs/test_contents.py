"""What the lake holds, and what was refused (jobs.contents)."""

import datetime as dt

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.schemas.lake import DailyDemand
from features.schemas.logs import OrderLine
from jobs.contents import contents, quarantined, rows_by_day
from jobs.partitions import Partitions
from tests.tables import arrow

FIRST, SECOND = dt.date(2024, 5, 1), dt.date(2024, 5, 2)


@pytest.fixture
def lake(tmp_path):
    made = Partitions(tmp_path)
    demand = arrow(
        DailyDemand,
        """
        product_id | demand_date | n_units_sold | date
        -----------+-------------+--------------+-----------
        1          | 2024-05-01  | 3            | 2024-05-01
        2          | 2024-05-01  | 1            | 2024-05-01
        1          | 2024-05-02  | 4            | 2024-05-02
        """,
    )
    made.write(DailyDemand, demand.slice(0, 2), FIRST)
    made.write(DailyDemand, demand.slice(2), SECOND)
    return made


def test_a_table_has_a_line_with_its_days_and_rows(lake):
    found = contents(lake).to_dict("records")

    assert found == [
        {
            "layer": "derived",
            "table": "daily_demand",
            "n_days": 2,
            "first_day": FIRST,
            "last_day": SECOND,
            "n_rows": 3,
        }
    ]


def test_rows_are_counted_by_day(lake):
    assert rows_by_day(lake, "derived", "daily_demand") == {FIRST: 2, SECOND: 1}


def test_refused_rows_are_counted_by_each_of_their_reasons(lake):
    folder = lake.folder("quarantine", OrderLine.table) / f"date={FIRST}"
    folder.mkdir(parents=True)
    reasons = [["no product"], ["no product", "quantity below 1"]]
    pq.write_table(pa.table({"quantity": ["1", "0"], "reasons": reasons}), folder / "a.parquet")

    assert quarantined(lake, OrderLine) == {"no product": 2, "quantity below 1": 1}


def test_a_log_without_refused_rows_has_no_reasons(lake):
    assert quarantined(lake, OrderLine) == {}
