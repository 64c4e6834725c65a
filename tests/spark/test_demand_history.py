"""Demand by product, warehouse and day from the logs (features.transforms.demand_history, jobs.build_demand_history)."""

import pytest

from features.schemas.logs import ClickstreamEvent, OrderLine, ProductVersion, StockLevel
from features.transforms.demand_history import movements, oddities
from jobs.build_demand_history import draw, estimated, estimated_here
from tests.spark.conftest import on
from tests.tables import rows, table
from tests.tiny_shop import DAYS

pytestmark = pytest.mark.spark
DAY, NEXT_DAY, _ = DAYS

VERSIONS = """
    event_id | product_id | title | category_id | seller_id | price_cents | status    | occurred_at         | recorded_at         | date
    ---------+------------+-------+-------------+-----------+-------------+-----------+---------------------+---------------------+-----------
    p1       | 1          | One   | 10          | 3         | 100         | published | 2024-04-30T00:00:00 | 2024-04-30T00:00:00 | 2024-04-30
    p2       | 2          | Two   | 10          |           | 200         | published | 2024-04-30T00:00:00 | 2024-04-30T00:00:00 | 2024-04-30
    p3       | 2          | Two   | 11          |           | 200         | published | 2024-05-02T08:00:00 | 2024-05-02T08:00:00 | 2024-05-02
    """
LEVELS = """
    event_id | product_id | n_available | reason   | warehouse_id | n_available_there | occurred_at         | recorded_at         | date
    ---------+------------+-------------+----------+--------------+-------------------+---------------------+---------------------+-----------
    l1       | 1          | 1           | received | 1            | 1                 | 2024-04-30T00:00:00 | 2024-04-30T00:00:00 | 2024-04-30
    l2       | 1          | 4           | received | 2            | 3                 | 2024-04-30T00:00:00 | 2024-04-30T00:00:01 | 2024-04-30
    l3       | 1          | 0           | sold     | 1            | 0                 | 2024-05-02T12:00:00 | 2024-05-02T12:00:00 | 2024-05-02
    l4       | 1          | 0           | sold     | 2            | 0                 | 2024-05-02T12:00:00 | 2024-05-02T12:00:00 | 2024-05-02
    """
LINES = """
    event_id | order_id | product_id | kind   | quantity | unit_price_cents | currency | occurred_at         | date
    ---------+----------+------------+--------+----------+------------------+----------+---------------------+-----------
    o1       | 1        | 1          | sale   | 4        | 90               | EUR      | 2024-05-02T12:00:00 | 2024-05-02
    o2       | 2        | 2          | sale   | 1        | 200              | EUR      | 2024-05-01T09:00:00 | 2024-05-01
    o3       | 3        | 2          | sale   | 2        | 200              | USD      | 2024-05-01T10:00:00 | 2024-05-02
    o4       | 1        | 2          | return | 5        | 200              | EUR      | 2024-05-02T11:00:00 | 2024-05-02
    o5       | 4        | 2          | sale   | 1        | 200              | EUR      | 2024-03-01T10:00:00 | 2024-05-02
    """
NO_CLICKS = "session_id | occurred_at | product_id | kind | price_shown_cents | date\n---"
COLUMNS = ("product_id", "day", "warehouse_id", "n_units_sold", "n_units_returned",
           "hours_out_of_stock")  # fmt: skip


def test_a_day_is_told_by_warehouse_with_the_demand_of_hours_without_stock(spark):
    """Product 1 was sold out at noon, by four units from two warehouses; three of product 2 told late."""
    moves = movements(
        table(spark, OrderLine, LINES),
        table(spark, ClickstreamEvent, NO_CLICKS),
        table(spark, StockLevel, LEVELS),
        table(spark, ProductVersion, VERSIONS),
        DAY,
    )

    built = estimated(moves, on(NEXT_DAY)).selectExpr(
        "*", "string(demand_date) as day", "demand_units - n_units_sold as hidden"
    )

    # One process gives the same rows as tasks.
    [here] = estimated_here(moves.select("*", draw()).toArrow(), on(NEXT_DAY))
    assert sorted(map(repr, here.to_pylist())) == sorted(
        map(repr, estimated(moves, on(NEXT_DAY)).toArrow().to_pylist())
    )
    *told, hidden = zip(*rows(built, *COLUMNS, "hidden"), strict=True)
    assert list(zip(*told, strict=True)) == [
        (1, "2024-05-02", 1, 1, 0, 12.0),
        (1, "2024-05-02", 2, 3, 0, 12.0),
        (2, "2024-05-01", 0, 3, 0, 0.0),
        (2, "2024-05-02", 0, 0, 5, 0.0),
    ]
    # As the levels fell: one and three units, and one for each warehouse.
    assert hidden[0] > 0
    assert hidden[1] == pytest.approx(2 * hidden[0])
    assert hidden[2:] == (0, 0)


def test_rows_that_make_no_sense_are_told_one_by_one(spark):
    found = oddities(
        table(spark, OrderLine, LINES), table(spark, ProductVersion, VERSIONS), NEXT_DAY, 28
    )

    assert rows(found, "reason", "product_id", "what") == [
        ("in another category", 2, "from category 10 to 11"),
        ("known too late to count", 2, "sale o5 of 2024-03-01"),
        ("more given back than sold", 2, "-5 units net on 2024-05-02"),
        ("several currencies", 2, "EUR, USD"),
    ]
