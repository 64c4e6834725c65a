"""The lists a page shows (features.transforms.item_lists, trending, catalogue, search_documents)."""

import datetime as dt

import pytest

from features.schemas.lake import CoPurchase, DailyDemand, ProductFeatures
from features.schemas.logs import ClickstreamEvent, ProductVersion, StockLevel
from features.transforms.catalogue import catalogue
from features.transforms.item_lists import N_SHOWN, item_lists
from features.transforms.product_events import daily_product_events
from features.transforms.search_documents import search_documents
from features.transforms.trending import category_lists, popularity_scores, trending
from tests.tables import rows, table

pytestmark = pytest.mark.spark

DAY = dt.date(2024, 5, 10)
VERSIONS = """
    event_id | product_id | title | description | category_id | price_cents | attributes | status    | occurred_at         | date
    ---------+------------+-------+-------------+-------------+-------------+------------+-----------+---------------------+-----------
    v1       | 5          | Lamp  | bright      | 10          | 900         | {}         | published | 2024-05-01T10:00:00 | 2024-05-01
    v2       | 5          | Lamp  | bright      | 10          | 800         | {}         | published | 2024-05-02T10:00:00 | 2024-05-02
    v3       | 5          | Torch | bright      | 20          | 700         | {}         | published | 2024-05-11T10:00:00 | 2024-05-11
    v4       | 6          | Desk  | wide        | 10          | 500         | {}         | published | 2024-05-01T10:00:00 | 2024-05-01
    v5       | 7          | Chair | old         | 10          | 500         | {}         | published | 2024-05-01T10:00:00 | 2024-05-01
    v6       | 7          | Chair | old         | 10          | 500         | {}         | archived  | 2024-05-03T10:00:00 | 2024-05-03
    v7       | 8          | Vase  | blue        |             | 100         | {}         | published | 2024-05-01T10:00:00 | 2024-05-01
    v8       | 8          | Vase  | red         |             | 100         | {}         | published | 2024-05-01T10:00:00 | 2024-05-01
"""
DEMAND = "product_id | demand_date | n_units_sold | n_units_returned | n_orders | date\n---"


def test_the_catalogue_holds_each_products_last_version_known_by_the_day(spark):
    known = catalogue(table(spark, ProductVersion, VERSIONS), DAY)

    assert rows(known, "event_id", "price_cents", "status") == [
        ("v2", 800, "published"),
        ("v4", 500, "published"),
        ("v6", 500, "archived"),
        ("v8", 100, "published"),
    ]


def scores_of(spark, text):
    clicks = table(spark, ClickstreamEvent, text)
    return popularity_scores(daily_product_events(clicks, table(spark, DailyDemand, DEMAND)), DAY)


CLICKS = """
    customer_id | product_id | kind | occurred_at         | date
    ------------+------------+------+---------------------+-----------
    1           | 5          | view | 2024-05-10T10:00:00 | 2024-05-10
    1           | 5          | cart | 2024-05-08T10:00:00 | 2024-05-08
                | 6          | view | 2024-05-06T10:00:00 | 2024-05-10
    1           | 7          | view | 2024-05-10T10:00:00 | 2024-05-10
                | 8          | view | 2024-04-27T10:00:00 | 2024-05-01
                | 8          | view | 2024-04-26T10:00:00 | 2024-05-01
"""


def test_popularity_halves_every_two_days_and_ends_after_a_fortnight(spark):
    """5: a view today and half a cart (3); 6: a view of 4 days ago; 8: one of 13 days ago."""
    assert rows(scores_of(spark, CLICKS), "item_id", "score") == [
        (5, 1 + 3 / 2),
        (6, 1 / 4),
        (7, 1.0),
        (8, pytest.approx(0.5**6.5)),
    ]


def test_trending_ranks_what_is_sold_in_the_shop_and_in_each_category(spark):
    scores = scores_of(spark, CLICKS)
    listed = catalogue(table(spark, ProductVersion, VERSIONS), DAY)

    ranked = trending(scores, listed, DAY, n_best=2)

    assert rows(ranked, "category_id", "rank", "item_id") == [
        (0, 1, 5),
        (0, 2, 6),
        (10, 1, 5),
        (10, 2, 6),
    ]
    assert rows(category_lists(ranked, DAY), "category_id", "trending_ids") == [
        (0, [5, 6]),
        (10, [5, 6]),
    ]


def test_also_bought_damps_best_sellers_and_bought_together_wants_lift_and_support(spark):
    """For 1: confidence x root of lift is .5 x 1 = .5 of 2, .3 x 2 = .6 of 3, .1 x 3 = .3 of 4."""
    pairs = table(
        spark,
        CoPurchase,
        """
        item_id | other_item_id | n_baskets | confidence_ratio | lift | rank
        --------+---------------+-----------+------------------+------+-----
        1       | 2             | 9         | 0.5              | 1.0  | 1
        1       | 3             | 5         | 0.3              | 4.0  | 2
        1       | 4             | 2         | 0.1              | 9.0  | 3
        1       | 6             | 3         | 0.3              | 4.0  | 4
        """,
    )

    lists = item_lists(pairs, DAY)

    assert rows(lists, "product_id", "also_bought_ids", "bought_together_ids") == [
        (1, [3, 6, 2, 4], [3, 6])
    ]
    assert rows(lists.selectExpr("string(available_at) as at"), "at") == [("2024-05-11 00:00:00",)]


def test_a_list_ends_after_twenty(spark):
    lines = "\n".join(f"1 | {other} | 3 | 0.5 | 2.0 | {other}" for other in range(2, 40))
    pairs = table(
        spark,
        CoPurchase,
        f"item_id | other_item_id | n_baskets | confidence_ratio | lift | rank\n---\n{lines}",
    )

    [(ids,)] = rows(item_lists(pairs, DAY), "also_bought_ids")

    assert ids == list(range(2, 2 + N_SHOWN))


def test_search_documents_know_the_last_stock_level_and_hold_published_products_only(spark):
    stock = table(
        spark,
        StockLevel,
        """
        event_id | product_id | n_available | occurred_at         | recorded_at         | date
        ---------+------------+-------------+---------------------+---------------------+-----------
        a        | 5          | 3           | 2024-05-01T10:00:00 | 2024-05-01T10:00:00 | 2024-05-01
        b        | 5          | 0           | 2024-05-02T10:00:00 | 2024-05-02T10:00:00 | 2024-05-02
        c        | 5          | 9           | 2024-05-11T10:00:00 | 2024-05-11T10:00:00 | 2024-05-11
        d        | 6          | 0           | 2024-05-01T10:00:00 | 2024-05-01T10:00:00 | 2024-05-01
        e        | 6          | 1           | 2024-05-01T10:00:00 | 2024-05-01T10:00:01 | 2024-05-01
        """,
    )
    versions = table(spark, ProductVersion, VERSIONS)

    documents = search_documents(
        versions, stock, scores_of(spark, CLICKS), table(spark, ProductFeatures, FEATURES), DAY
    )

    assert rows(documents, "product_id", "title", "price_cents", "in_stock", "popularity") == [
        (5, "Lamp", 800, False, 2.5),
        (6, "Desk", 500, True, 0.25),
        (8, "Vase", 100, True, pytest.approx(0.5**6.5)),
    ]
    assert rows(
        documents, "product_id", "n_units_28d", "mean_rating", "n_reviews", "listed_on"
    ) == [
        (5, 3, 4.2, 2, dt.date(2024, 5, 1)),
        (6, 1, None, 0, dt.date(2024, 5, 1)),
        (8, 0, None, 0, dt.date(2024, 5, 1)),
    ]
    assert rows(
        documents,
        "product_id",
        "n_views_28d",
        "n_carts_28d",
        "look_ratio",
        "conversion_ratio",
        "category_price_ratio",
    ) == [
        (5, 40, 4, 0.25, 0.05, 1.6),
        (6, 0, 0, None, 0.05, 1.0),
        (8, 0, 0, None, None, None),
    ]


FEATURES = """
    product_id | n_views_28d | n_carts_28d | n_units_28d | look_ratio | conversion_ratio | category_price_ratio | mean_rating | n_reviews | date
    -----------+-------------+-------------+-------------+------------+------------------+----------------------+-------------+-----------+-----------
    5          | 40          | 4           | 3           | 0.25       | 0.05             | 1.6                  | 4.2         | 2         | 2024-05-10
    6          | 0           | 0           | 1           |            | 0.05             | 1.0                  | 3.1         | 0         | 2024-05-10
"""
