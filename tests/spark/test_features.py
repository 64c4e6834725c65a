"""What is known of products and users at the end of each day (features.transforms)."""

import datetime as dt

import pytest

from features.schemas.lake import DailyDemand, Interaction
from features.schemas.logs import ClickstreamEvent, OrderLine, ProductVersion, Review, StockLevel
from features.transforms.looks import look_ratios, shown_places
from features.transforms.product_events import daily_product_events
from features.transforms.product_features import Opinions, days, product_features
from features.transforms.user_features import units_kept, user_features, user_orders
from features.transforms.verdicts import shop_stars, verdicts
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


def reviews(spark, text="product_id\n---"):
    return table(spark, Review, text)


def opinions(spark, judged, stars, wanted, clicks="product_id\n---"):
    places = shown_places(table(spark, ClickstreamEvent, clicks))
    return Opinions(judged, stars, look_ratios(places, wanted))


def catalogue(spark, stock="product_id\n---"):
    return table(spark, ProductVersion, VERSIONS), table(spark, StockLevel, stock)


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
    both = days(spark, FIRST, LAST)
    judged = verdicts(table(spark, Interaction, FACTS), demand, reviews(spark), both)

    built = product_features(
        daily_product_events(clicks, demand),
        opinions(spark, judged, shop_stars(reviews(spark), both), both),
        *catalogue(spark),
        both,
    )

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


def test_a_products_rating_is_of_the_reviews_that_stand_smoothed_towards_the_shops(spark):
    """On the 10th review 1 has one star and not five, review 3 is hidden, 4 not known yet."""
    text = """
        event_id | review_id | product_id | rating | status    | occurred_at         | date
        ---------+-----------+------------+--------+-----------+---------------------+-----------
        r1       | 1         | 5          | 5      | published | 2024-05-09T10:00:00 | 2024-05-09
        r2       | 1         | 5          | 1      | published | 2024-05-10T10:00:00 | 2024-05-10
        r3       | 2         | 5          | 2      | published | 2024-05-09T10:00:00 | 2024-05-09
        r4       | 3         | 5          | 5      | published | 2024-05-09T10:00:00 | 2024-05-09
        r5       | 3         | 5          | 5      | hidden    | 2024-05-10T11:00:00 | 2024-05-10
        r6       | 4         | 6          | 5      | published | 2024-05-10T10:00:00 | 2024-05-11
    """
    both = days(spark, FIRST, LAST)
    nothing = (table(spark, row, "date\n---") for row in (Interaction, DailyDemand))
    judged = verdicts(*nothing, reviews(spark, text), both)
    events = daily_product_events(
        table(spark, ClickstreamEvent, "date\n---"), table(spark, DailyDemand, "date\n---")
    )

    stars = shop_stars(reviews(spark, text), both)
    built = product_features(events, opinions(spark, judged, stars, both), *catalogue(spark), both)

    shop_on_9, shop_on_10 = (12 + 3) / (3 + 1), (3 + 3) / (2 + 1)
    shown = built.selectExpr("*", "string(date) as day")
    assert rows(shown, "day", "product_id", "n_reviews", "mean_rating") == [
        ("2024-05-09", 5, 3, (12 + 5 * shop_on_9) / (3 + 5)),
        ("2024-05-09", 6, 0, shop_on_9),
        ("2024-05-10", 5, 2, (3 + 5 * shop_on_10) / (2 + 5)),
        ("2024-05-10", 6, 0, shop_on_10),
    ]


def test_without_any_review_a_rating_is_the_middle(spark):
    both = days(spark, LAST, LAST)
    nothing = [table(spark, row, "date\n---") for row in (Interaction, DailyDemand, Review)]
    events = daily_product_events(table(spark, ClickstreamEvent, "date\n---"), nothing[1])

    judged, stars = verdicts(*nothing, both), shop_stars(nothing[2], both)
    built = product_features(events, opinions(spark, judged, stars, both), *catalogue(spark), both)

    assert rows(built, "product_id", "n_reviews", "mean_rating") == [(5, 0, 3.0), (6, 0, 3.0)]


def test_a_price_stands_beside_the_category_and_stock_is_the_last_level_known(spark):
    """On the 10th product 5 is alone in category 20; its level of that moment is known a day later."""
    both = days(spark, FIRST, LAST)
    nothing = [table(spark, row, "date\n---") for row in (Interaction, DailyDemand, Review)]
    events = daily_product_events(table(spark, ClickstreamEvent, "date\n---"), nothing[1])
    stock = """
        event_id | product_id | n_available | occurred_at         | date
        ---------+------------+-------------+---------------------+-----------
        s1       | 5          | 4           | 2024-05-09T08:00:00 | 2024-05-09
        s2       | 5          | 0           | 2024-05-09T09:00:00 | 2024-05-10
        s3       | 5          | 7           | 2024-05-10T09:00:00 | 2024-05-11
    """
    eight = "v8 | 8 | 10 | 300 | 2024-05-01T10:00:00 | 2024-05-01"
    versions = table(spark, ProductVersion, f"{VERSIONS.rstrip()}\n    {eight}")
    told = opinions(spark, verdicts(*nothing, both), shop_stars(nothing[2], both), both)

    built = product_features(events, told, versions, table(spark, StockLevel, stock), both)

    shown = built.selectExpr("*", "string(date) as day")
    assert rows(
        shown, "day", "product_id", "category_price_ratio", "n_available", "look_ratio"
    ) == [
        ("2024-05-09", 5, 900 / 600, 4, None),
        ("2024-05-09", 6, 1.0, None, None),
        ("2024-05-09", 8, 300 / 600, None, None),
        ("2024-05-10", 5, 1.0, 0, None),
        ("2024-05-10", 6, 1.0, None, None),
        ("2024-05-10", 8, 1.0, None, None),
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


def built_user_features(spark, first=FIRST, lines=ORDERS):
    lines = table(spark, OrderLine, lines)
    built = user_features(
        user_orders(lines),
        units_kept(lines),
        table(spark, Interaction, FACTS),
        table(spark, ProductVersion, VERSIONS),
        days(spark, first, LAST),
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
    assert rows(built, "day", "user_id", "last_order_day") == [
        ("2024-05-09", 1, 19_852),
        ("2024-05-10", 1, 19_853),
        ("2024-05-10", 2, None),
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


def test_a_product_is_judged_by_the_year_before_each_day_and_a_prior(spark):
    """The 9th's year begins on 11 May 2023: user 2 bought once in it, and of nobody a second day is
    known. In the 10th's user 2 is no buyer any more, user 1 bought twice, and 4 units came back."""
    facts = """
        user_id | item_id | occurred_on | n_purchases | n_views | date
        --------+---------+-------------+-------------+---------+-----------
        1       | 5       | 2024-05-01  | 1           | 0       | 2024-05-01
        1       | 5       | 2024-05-09  | 1           | 0       | 2024-05-10
        2       | 5       | 2023-05-11  | 1           | 0       | 2023-05-11
        2       | 5       | 2023-05-10  | 1           | 0       | 2023-05-11
        3       | 5       | 2024-05-01  | 2           | 0       | 2024-05-01
        3       | 5       | 2024-05-02  | 0           | 1       | 2024-05-02
        1       | 6       | 2023-05-10  | 1           | 0       | 2023-05-10
    """
    demand = """
        product_id | demand_date | n_units_sold | n_units_returned | date
        -----------+-------------+--------------+------------------+-----------
        5          | 2024-05-01  | 9            | 0                | 2024-05-01
        5          | 2024-05-09  | 1            | 4                | 2024-05-10
        6          | 2023-05-10  | 9            | 9                | 2023-05-10
    """
    both = days(spark, FIRST, LAST)
    demand = table(spark, DailyDemand, demand)
    judged = verdicts(table(spark, Interaction, facts), demand, reviews(spark), both)
    nothing = daily_product_events(table(spark, ClickstreamEvent, "product_id\n---"), demand)

    stars = shop_stars(reviews(spark), both)
    built = product_features(nothing, opinions(spark, judged, stars, both), *catalogue(spark), both)

    shown = built.selectExpr("*", "string(date) as day")
    assert rows(shown, "day", "product_id", "rebuy_ratio", "return_ratio") == [
        ("2024-05-09", 5, (0 + 1) / (3 + 20), (0 + 1) / (9 + 20)),
        ("2024-05-09", 6, 1 / 20, 1 / 20),
        ("2024-05-10", 5, (1 + 1) / (2 + 20), (4 + 1) / (10 + 20)),
        ("2024-05-10", 6, 1 / 20, 1 / 20),
    ]


def test_user_features_list_what_was_bought_last_and_kept(spark):
    """Product 6 is given back whole on the 10th; of the two units of 5 one is, and one is bought anew."""
    whole = "1 | 1 | 6 | return | 1 | 600 | 2024-05-10T11:00:00 | 2024-05-10"

    built = built_user_features(spark, lines=f"{ORDERS.rstrip()}\n{whole}")

    assert rows(built, "day", "user_id", "bought_item_ids") == [
        ("2024-05-09", 1, [6, 5]),
        ("2024-05-10", 1, [5]),
        ("2024-05-10", 2, []),
    ]


def test_what_was_given_back_and_bought_again_is_listed(spark):
    lines = """
    order_id | customer_id | product_id | kind   | quantity | occurred_at         | date
    ---------+-------------+------------+--------+----------+---------------------+-----------
    1        | 1           | 5          | sale   | 2        | 2024-05-08T10:00:00 | 2024-05-08
    1        | 1           | 5          | return | 2        | 2024-05-09T10:00:00 | 2024-05-09
    2        | 1           | 5          | sale   | 1        | 2024-05-10T10:00:00 | 2024-05-10
    """
    assert rows(
        units_kept(table(spark, OrderLine, lines)).selectExpr("*", "string(date) as day"),
        "day",
        "item_id",
        "n_kept",
    ) == [("2024-05-08", 5, 2), ("2024-05-09", 5, -2), ("2024-05-10", 5, 1)]


def test_a_day_built_alone_equals_that_day_built_in_a_range(spark):
    both, alone = built_user_features(spark), built_user_features(spark, first=LAST)

    columns = [name for name in alone.columns if name not in ("available_at", "date")]
    assert rows(alone, *columns) == rows(both.where("day = '2024-05-10'"), *columns)
