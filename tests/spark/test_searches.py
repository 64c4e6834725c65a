"""What became of searches (features.transforms.searches)."""

import datetime as dt

import pytest

from features.schemas.logs import ClickstreamEvent
from features.transforms.searches import reformulations, search_queries, searches
from tests.tables import rows, table

pytestmark = pytest.mark.spark
DAY = dt.date(2024, 5, 1)
EVENTS = """
    event_id | session_id | kind       | query      | product_id | surface | position | occurred_at         | date
    ---------+------------+------------+------------+------------+---------+----------+---------------------+-----------
    a1       | a          | search     | Red  LAMP  |            |         |          | 2024-05-01T10:00:00 | 2024-05-01
    a2       | a          | impression |            | 1          | search  | 1        | 2024-05-01T10:00:00 | 2024-05-01
    a3       | a          | impression |            | 2          | search  | 2        | 2024-05-01T10:00:02 | 2024-05-01
    a4       | a          | view       |            | 2          | search  | 2        | 2024-05-01T10:00:09 | 2024-05-01
    a5       | a          | cart       |            | 2          | search  | 2        | 2024-05-01T10:01:00 | 2024-05-01
    a6       | a          | view       |            | 9          | trending | 1       | 2024-05-01T10:02:00 | 2024-05-01
    b1       | b          | search     | tv         |            |         |          | 2024-05-01T10:00:00 | 2024-05-01
    b2       | b          | search     | television |            |         |          | 2024-05-01T10:01:00 | 2024-05-01
    b3       | b          | impression |            | 5          | search  | 1        | 2024-05-01T10:01:01 | 2024-05-01
    b4       | b          | view       |            | 5          | search  | 1        | 2024-05-01T10:01:09 | 2024-05-01
    c1       | c          | search     | red lamp   |            |         |          | 2024-05-01T10:00:00 | 2024-05-01
    c2       | c          | impression |            | 1          | search  | 1        | 2024-05-01T10:00:02 | 2024-05-01
    c3       | c          | search     | tv         |            |         |          | 2024-05-01T10:06:00 | 2024-05-01
    c4       | c          | search     | tv         |            |         |          | 2024-05-01T10:06:30 | 2024-05-01
    d1       | d          | view       |            | 5          | search  | 1        | 2024-05-01T10:06:30 | 2024-05-01
    e1       | e          | search     |            |            |         |          | 2024-05-01T10:06:30 | 2024-05-01
"""  # fmt: skip


@pytest.fixture(scope="module")
def found(spark):
    return searches(table(spark, ClickstreamEvent, EVENTS)).cache()


def test_what_follows_belongs_to_the_last_search_of_its_session(found):
    """In session d nothing was searched for; product 9 was not a find; the empty query is none."""
    assert rows(found, "session_id", "query", "n_shown", "n_looked", "n_carted", "click_position") == [
        ("a", "red lamp", 2, 1, 1, 2),
        ("b", "television", 1, 1, 0, 1),
        ("b", "tv", 0, 0, 0, None),
        ("c", "red lamp", 1, 0, 0, None),
        ("c", "tv", 0, 0, 0, None),
        ("c", "tv", 0, 0, 0, None),
    ]  # fmt: skip


def test_queries_are_counted(found):
    """In session c 6 minutes pass before the next query, and then it is the same one again."""
    counted = search_queries(found, DAY)

    assert rows(counted, "query", "n_searches", "n_sessions", "n_empty", "n_clicked", "n_carted") == [
        ("red lamp", 2, 2, 0, 1, 1),
        ("television", 1, 1, 0, 1, 0),
        ("tv", 3, 2, 3, 0, 0),
    ]  # fmt: skip
    assert rows(counted, "query", "n_reformulated", "mean_click_position") == [
        ("red lamp", 0, 2.0),
        ("television", 0, 1.0),
        ("tv", 1, None),
    ]


def test_who_finds_nothing_says_it_otherwise(found):
    tried = reformulations(found, DAY)

    assert rows(tried, "query", "next_query", "n_sessions", "n_helped") == [
        ("tv", "television", 1, 1)
    ]
