"""What is known of products and users at the end of each day (features.transforms)."""

import datetime as dt

import pytest

from features.schemas.lake import DailyDemand, Interaction
from features.schemas.logs import ClickstreamEvent, OrderLine, ProductVersion
from features.transforms.product_events import daily_product_events
from features.transforms.product_features import product_features
from features.transforms.user_features import user_features, user_orders
from tests.tables import rows, table

pytestmark = pytest.mark.spark

FIRST, LAST = dt.date(2024, 5, 9), dt.date(2024, 5, 10)
VERSIONS = """
    event_id | product_id | category_id | price_cents | occurred_at         | date
    ---------+------------+-------------+-------------+---------------------+-----------
    v1       | 5          | 10          | 900         | 2024-05-01T10:00:00 | 2024-05-01
    v2       | 5          | 20          | 800         | 2024-05-10T10:00:00 | 2024-05-10
    v3       | 6          |             | 500         | 2024-05-01T10:00:00 | 2024-05-01
    v4       | 7          | 30          | 500         | 2024-05-11T10:00:00 | 2024-05-11
"""


def test_product_features_count_the_days_up_to_each_day_and_its_own_price(spark):
    """On the 10th a view of 3 May is the last of 7 days' no more (8th day), one of the 4th is."""
    clicks = table(
        spark,
        ClickstreamEvent,
        """
        product_id | kind | occurred_at         | date
        -----------+------+---------------------+-----------
        5          | view | 2024-05-10T10:00:00 | 2024-05-10
        5          | view | 2024-05-04T10:00:00 | 2024-05-04
        5          | view | 2024-05-03T10:00:00 | 2024-05-03
        5          | cart | 2024-05-03T10:00:00 | 2024-05-03
        5          | view | 2024-04-13T10:00:00 | 2024-04-13
        5          | view | 2024-04-12T10:00:00 | 2024-04-12
        5          | view | 2024-05-08T10:00:00 | 2024-05-11
        """,
    )
    demand = table(
        spark,
        DailyDemand,
        """
        product_id | demand_date | n_units_sold | n_units_returned | n_orders | date
        -----------+-------------+--------------+------------------+----------+-----------
        5          | 2024-05-09  | 4            | 0                | 2        | 2024-05-09
        5          | 2024-04-20  | 1            | 1                | 1        | 2024-04-20
        """,
    )
    versions = table(spark, ProductVersion, VERSIONS)

    built = product_features(daily_product_events(clicks, demand), versions, FIRST, LAST)

    columns = ("n_views_7d", "n_views_28d", "n_carts_28d", "n_units_7d", "n_units_28d")
    shown = built.selectExpr("*", "string(date) as day")
    assert rows(shown, "day", "product_id", *columns, "price_cents", "category_id") == [
        ("2024-05-09", 5, 2, 4, 1, 4, 5, 900, 10),
        ("2024-05-09", 6, 0, 0, 0, 0, 0, 500, None),
        ("2024-05-10", 5, 2, 4, 1, 4, 5, 800, 20),
        ("2024-05-10", 6, 0, 0, 0, 0, 0, 500, None),
    ]
    assert rows(shown, "day", "product_id", "n_returns_28d", "conversion_ratio") == [
        ("2024-05-09", 5, 1, (3 + 1) / (4 + 20)),
        ("2024-05-09", 6, 0, 1 / 20),
        ("2024-05-10", 5, 1, (3 + 1) / (4 + 20)),
        ("2024-05-10", 6, 0, 1 / 20),
    ]


ORDERS = """
    order_id | customer_id | product_id | kind   | quantity | unit_price_cents | occurred_at         | date
    ---------+-------------+------------+--------+----------+------------------+---------------------+-----------
    1        | 1           | 5          | sale   | 2        | 900              | 2024-05-09T10:00:00 | 2024-05-09
    1        | 1           | 6          | sale   | 1        | 600              | 2024-05-09T10:00:00 | 2024-05-09
    2        | 1           | 5          | sale   | 1        | 800              | 2024-05-10T10:00:00 | 2024-05-10
    3        | 1           | 5          | sale   | 1        | 100              | 2024-04-01T10:00:00 | 2024-04-01
    1        | 1           | 5          | return | 1        | 900              | 2024-05-10T10:00:00 | 2024-05-10
"""
FACTS = """
    user_id | item_id | occurred_on | n_views | n_carts | n_purchases | n_returns | last_at             | date
    --------+---------+-------------+---------+---------+-------------+-----------+---------------------+-----------
    1       | 5       | 2024-05-09  | 1       | 0       | 1           | 0         | 2024-05-09T10:00:00 | 2024-05-09
    1       | 6       | 2024-05-09  | 3       | 0       | 1           | 0         | 2024-05-09T11:00:00 | 2024-05-09
    1       | 5       | 2024-05-10  | 1       | 0       | 1           | 1         | 2024-05-10T10:00:00 | 2024-05-10
    2       | 6       | 2024-05-10  | 1       | 0       | 0           | 0         | 2024-05-10T10:00:00 | 2024-05-10
    2       | 5       | 2024-04-01  | 7       | 0       | 0           | 0         | 2024-04-01T10:00:00 | 2024-05-10
"""


def built_user_features(spark, first=FIRST):
    built = user_features(
        user_orders(table(spark, OrderLine, ORDERS)),
        table(spark, Interaction, FACTS),
        table(spark, ProductVersion, VERSIONS),
        first,
        LAST,
    )
    return built.selectExpr("*", "string(date) as day")


def test_user_features_sum_orders_and_spend_as_known_each_day(spark):
    built = built_user_features(spark)

    columns = ("day", "user_id", "n_orders_28d", "n_orders_all", "spend_cents_all")
    assert rows(built, *columns, "mean_price_cents", "days_since_last_order") == [
        ("2024-05-09", 1, 1, 2, 2500, 2500 / 4, 0),
        ("2024-05-10", 1, 2, 3, 3300, 3300 / 5, 0),
        ("2024-05-10", 2, 0, 0, 0, 0.0, -1),
    ]


def test_user_features_list_what_was_looked_at_last_and_the_category_of_that_day(spark):
    """Product 5 moved from category 10 to 20 on the 10th: a backfilled 9th must not know it."""
    built = built_user_features(spark)

    columns = ("day", "user_id", "n_views_28d", "recent_item_ids", "favourite_category_id")
    assert rows(built, *columns) == [
        ("2024-05-09", 1, 4, [6, 5], 10),
        ("2024-05-10", 1, 5, [5, 6], 20),
        ("2024-05-10", 2, 1, [6, 5], 20),
    ]


def test_a_day_built_alone_equals_that_day_built_in_a_range(spark):
    both, alone = built_user_features(spark), built_user_features(spark, first=LAST)

    columns = [name for name in alone.columns if name not in ("available_at", "date")]
    assert rows(alone, *columns) == rows(both.where("day = '2024-05-10'"), *columns)
