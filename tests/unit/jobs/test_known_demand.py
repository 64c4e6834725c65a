"""Reading demand as known by a day (jobs.known_demand)."""

import datetime as dt

from features.schemas.lake import DemandHistory
from jobs.known_demand import known_demand
from jobs.partitions import Partitions
from tests.tables import arrow

FIRST, SECOND = dt.date(2024, 5, 1), dt.date(2024, 5, 2)
HEAD = """
    date       | product_id | warehouse_id | demand_date | n_units_sold | demand_units
    -----------+------------+--------------+-------------+--------------+-------------
    """
BY_DAY = {
    FIRST: """2024-05-01 | 1          | 0            | 2024-05-01  | 3            | 4.5
    2024-05-01 | 2          | 0            | 2024-05-01  | 1            | 1.0""",
    # The second day tells product 1's first day anew, by warehouse now.
    SECOND: """2024-05-02 | 1          | 1            | 2024-05-01  | 2            | 3.0
    2024-05-02 | 1          | 2            | 2024-05-01  | 2            | 2.5
    2024-05-02 | 1          | 1            | 2024-05-02  | 7            | 7.0""",
}


def read(tmp_path, first, date):
    lake = Partitions(tmp_path)
    for day, text in BY_DAY.items():
        lake.write(DemandHistory, arrow(DemandHistory, HEAD + text), day)
    columns = ("product_id", "warehouse_id", "demand_date", "n_units_sold")
    found = known_demand(lake, first, date).select(columns).to_pylist()
    return sorted(tuple(row.values()) for row in found)


def test_a_day_that_was_corrected_counts_as_it_was_told_last(tmp_path):
    assert read(tmp_path, None, SECOND) == [
        (1, 1, FIRST, 2),
        (1, 1, SECOND, 7),
        (1, 2, FIRST, 2),
        (2, 0, FIRST, 1),
    ]


def test_what_was_told_later_is_not_known(tmp_path):
    assert read(tmp_path, None, FIRST) == [(1, 0, FIRST, 3), (2, 0, FIRST, 1)]
