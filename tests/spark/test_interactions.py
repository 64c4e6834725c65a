"""What users did with items, counted, weighed and decayed (features.transforms.interactions)."""

import datetime as dt

import pytest

from features.schemas.lake import Interaction
from features.schemas.logs import ClickstreamEvent, OrderLine
from features.transforms.interactions import interactions, user_items
from tests.tables import rows, table

pytestmark = pytest.mark.spark


def test_acts_are_counted_by_user_item_day_known_and_day_happened(spark):
    lines = table(
        spark,
        OrderLine,
        """
        customer_id | product_id | kind   | quantity | occurred_at         | date
        ------------+------------+--------+----------+---------------------+-----------
        1           | 5          | sale   | 3        | 2024-05-01T10:00:00 | 2024-05-01
        1           | 5          | sale   | 1        | 2024-05-01T11:00:00 | 2024-05-01
        1           | 5          | return | 1        | 2024-05-02T09:00:00 | 2024-05-02
                    | 5          | sale   | 1        | 2024-05-01T10:00:00 | 2024-05-01
        """,
    )
    clicks = table(
        spark,
        ClickstreamEvent,
        """
        customer_id | product_id | kind       | occurred_at         | date
        ------------+------------+------------+---------------------+-----------
        1           | 5          | view       | 2024-05-01T09:00:00 | 2024-05-01
        1           | 5          | view       | 2024-05-01T23:59:59 | 2024-05-03
        1           | 5          | cart       | 2024-05-01T09:30:00 | 2024-05-01
        1           | 5          | impression | 2024-05-01T08:00:00 | 2024-05-01
        1           |            | search     | 2024-05-01T08:00:00 | 2024-05-01
        2           | 6          | purchase   | 2024-05-01T08:00:00 | 2024-05-01
                    | 6          | view       | 2024-05-01T08:00:00 | 2024-05-01
        """,
    )

    counted = interactions(lines, clicks).selectExpr(
        "*", "string(occurred_on) as day", "string(date) as known", "string(last_at) as last"
    )

    columns = ("user_id", "item_id", "day", "known", "n_views", "n_carts", "n_purchases")
    assert rows(counted, *columns, "n_returns", "last") == [
        (1, 5, "2024-05-01", "2024-05-01", 1, 1, 2, 0, "2024-05-01 11:00:00"),
        (1, 5, "2024-05-01", "2024-05-03", 1, 0, 0, 0, "2024-05-01 23:59:59"),
        (1, 5, "2024-05-02", "2024-05-02", 0, 0, 0, 1, "2024-05-02 09:00:00"),
        (2, 6, "2024-05-01", "2024-05-01", 0, 0, 1, 0, "2024-05-01 08:00:00"),
    ]


def test_weights_halve_in_thirty_days_and_returns_take_away(spark):
    """As of 31 May: today's view counts 1, a purchase of 30 days ago 5/2, one of 60 days ago 5/4."""
    facts = table(
        spark,
        Interaction,
        """
        user_id | item_id | occurred_on | n_views | n_carts | n_purchases | n_returns | last_at             | date
        --------+---------+-------------+---------+---------+-------------+-----------+---------------------+-----------
        1       | 5       | 2024-05-31  | 1       | 0       | 0           | 0         | 2024-05-31T10:00:00 | 2024-05-31
        1       | 5       | 2024-05-01  | 0       | 0       | 1           | 0         | 2024-05-01T10:00:00 | 2024-05-01
        2       | 5       | 2024-04-01  | 0       | 0       | 1           | 0         | 2024-04-01T10:00:00 | 2024-04-01
        2       | 5       | 2024-05-31  | 0       | 0       | 0           | 1         | 2024-05-31T10:00:00 | 2024-05-31
        3       | 7       | 2024-05-01  | 0       | 2       | 0           | 0         | 2024-05-01T10:00:00 | 2024-05-31
        3       | 7       | 2024-06-01  | 9       | 9       | 9           | 9         | 2024-06-01T10:00:00 | 2024-06-01
        """,
    )

    weighed = user_items(facts, dt.date(2024, 5, 31))

    assert rows(weighed, "user_id", "item_id", "weight", "n_purchases") == [
        (1, 5, 1 + 5 / 2, 1),
        (2, 5, 5 / 4 - 5, 1),
        (3, 7, 2 * 3 / 2, 0),
    ]
