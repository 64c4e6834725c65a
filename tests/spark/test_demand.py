"""Units sold per product and day; events per product and day (features.transforms.demand, product_events)."""

import pytest

from features.schemas.lake import DailyDemand
from features.schemas.logs import ClickstreamEvent, OrderLine
from features.transforms.demand import daily_demand
from features.transforms.product_events import daily_product_events
from tests.tables import rows, table

pytestmark = pytest.mark.spark

NO_CLICKS = "session_id | occurred_at | product_id | kind | price_shown_cents | date\n---"


def test_units_orders_and_revenue_are_summed_by_the_day_of_the_sale_and_the_day_known(spark):
    lines = table(
        spark,
        OrderLine,
        """
        order_id | product_id | kind   | quantity | unit_price_cents | occurred_at         | date
        ---------+------------+--------+----------+------------------+---------------------+-----------
        1        | 5          | sale   | 2        | 1000             | 2024-05-01T10:00:00 | 2024-05-01
        1        | 5          | sale   | 1        | 900              | 2024-05-01T10:00:00 | 2024-05-01
        2        | 5          | sale   | 4        | 1000             | 2024-05-01T12:00:00 | 2024-05-01
        3        | 5          | sale   | 1        | 1000             | 2024-05-01T23:00:00 | 2024-05-02
        1        | 5          | return | 2        | 1000             | 2024-05-02T10:00:00 | 2024-05-02
        """,
    )

    demand = daily_demand(lines, table(spark, ClickstreamEvent, NO_CLICKS)).selectExpr(
        "*", "string(demand_date) as day", "string(date) as known"
    )

    columns = ("day", "known", "n_units_sold", "n_units_returned", "n_orders", "revenue_cents")
    assert rows(demand, *columns) == [
        ("2024-05-01", "2024-05-01", 7, 0, 2, 6900),
        ("2024-05-01", "2024-05-02", 1, 0, 1, 1000),
        ("2024-05-02", "2024-05-02", 0, 2, 0, 0),
    ]


def test_a_purchase_in_the_clickstream_is_one_unit_at_the_price_shown(spark):
    clicks = table(
        spark,
        ClickstreamEvent,
        """
        session_id | product_id | kind     | price_shown_cents | occurred_at         | date
        -----------+------------+----------+-------------------+---------------------+-----------
        s1         | 5          | purchase | 700               | 2024-05-01T10:00:00 | 2024-05-01
        s2         | 5          | purchase |                   | 2024-05-01T10:00:00 | 2024-05-01
        s2         | 5          | view     | 700               | 2024-05-01T10:00:00 | 2024-05-01
        """,
    )
    no_lines = table(
        spark,
        OrderLine,
        "order_id | product_id | kind | quantity | unit_price_cents | occurred_at | date\n---",
    )

    demand = daily_demand(no_lines, clicks)

    assert rows(demand, "product_id", "n_units_sold", "n_orders", "revenue_cents") == [
        (5, 2, 2, 700)
    ]


def test_views_carts_and_sales_of_a_product_meet_in_one_row(spark):
    clicks = table(
        spark,
        ClickstreamEvent,
        """
        customer_id | product_id | kind       | occurred_at         | date
        ------------+------------+------------+---------------------+-----------
        1           | 5          | view       | 2024-05-01T10:00:00 | 2024-05-01
                    | 5          | view       | 2024-05-01T10:00:00 | 2024-05-01
                    | 5          | cart       | 2024-05-01T10:00:00 | 2024-05-01
                    | 5          | impression | 2024-05-01T10:00:00 | 2024-05-01
        1           | 6          | view       | 2024-05-01T10:00:00 | 2024-05-02
        """,
    )
    demand = table(
        spark,
        DailyDemand,
        """
        product_id | demand_date | n_units_sold | n_units_returned | n_orders | date
        -----------+-------------+--------------+------------------+----------+-----------
        5          | 2024-05-01  | 7            | 1                | 2        | 2024-05-01
        7          | 2024-05-01  | 1            | 0                | 1        | 2024-05-01
        """,
    )

    events = daily_product_events(clicks, demand)

    columns = ("product_id", "n_views", "n_carts", "n_units", "n_returns", "n_orders")
    assert rows(events, *columns) == [
        (5, 2, 1, 7, 1, 2),
        (6, 1, 0, 0, 0, 0),
        (7, 0, 0, 1, 0, 1),
    ]
