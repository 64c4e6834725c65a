"""No table of a day knows what became known later; and these checks can fail.

Two rows are planted, both recorded the day after: an event of the future, and a correction of
something that happened long before. A build as of `DAY` must not change.
"""

import datetime as dt
import functools

import pytest
from pyspark.sql import functions as F  # noqa: N812

from features.schemas.lake import DailyDemand
from features.schemas.logs import ClickstreamEvent, OrderLine, ProductVersion, Review, StockLevel
from features.transforms.catalogue import catalogue
from features.transforms.demand_history import movements
from features.transforms.interactions import interactions, user_items
from features.transforms.looks import look_ratios, shown_places
from features.transforms.product_events import daily_product_events
from features.transforms.product_features import Opinions, days, product_features
from features.transforms.search_documents import search_documents
from features.transforms.trending import popularity_scores, trending
from features.transforms.user_features import units_kept, user_features, user_orders
from features.transforms.verdicts import shop_stars, verdicts
from jobs import (
    build_daily_facts,
    build_demand_history,
    build_features,
    build_lists,
    build_search_documents,
    report_searches,
)
from jobs.partitions import Partitions
from tests.spark.conftest import on
from tests.tables import arrow, table
from tests.tiny_shop import DAYS, contents

pytestmark = pytest.mark.spark

_, DAY, TOMORROW = DAYS
LOGS = {
    OrderLine: """
        event_id | order_id | line_number | customer_id | product_id | kind | quantity | unit_price_cents | currency | occurred_at         | recorded_at         | date
        ---------+----------+-------------+-------------+------------+------+----------+------------------+----------+---------------------+---------------------+-----------
        k1       | 1        | 1           | 1           | 1          | sale | 2        | 100              | EUR      | 2024-05-02T10:00:00 | 2024-05-02T10:00:00 | 2024-05-02
        k2       | 1        | 2           | 1           | 2          | sale | 1        | 200              | EUR      | 2024-05-02T10:00:00 | 2024-05-02T10:00:00 | 2024-05-02
        """,
    ClickstreamEvent: """
        event_id | session_id | customer_id | product_id | kind       | position | occurred_at         | recorded_at         | date
        ---------+------------+-------------+------------+------------+----------+---------------------+---------------------+-----------
        k9       | s          | 1           | 1          | impression | 1        | 2024-05-01T10:00:00 | 2024-05-01T10:00:00 | 2024-05-01
        k3       | s          | 1           | 1          | view       | 1        | 2024-05-01T10:00:00 | 2024-05-01T10:00:00 | 2024-05-01
        k4       | s          | 2           | 2          | cart       |          | 2024-05-02T10:00:00 | 2024-05-02T10:00:00 | 2024-05-02
        """,
    ProductVersion: """
        event_id | product_id | title | description | category_id | price_cents | attributes | status    | occurred_at         | recorded_at         | date
        ---------+------------+-------+-------------+-------------+-------------+------------+-----------+---------------------+---------------------+-----------
        k5       | 1          | One   | one         | 11          | 100         | {}         | published | 2024-05-01T00:00:00 | 2024-05-01T00:00:00 | 2024-05-01
        k6       | 2          | Two   | two         | 10          | 200         | {}         | published | 2024-05-01T00:00:00 | 2024-05-01T00:00:00 | 2024-05-01
        """,
    StockLevel: """
        event_id | product_id | n_available | reason  | occurred_at         | recorded_at         | date
        ---------+------------+-------------+---------+---------------------+---------------------+-----------
        k7       | 1          | 4           | opening | 2024-05-01T00:00:00 | 2024-05-01T00:00:00 | 2024-05-01
        """,
    Review: """
        event_id | review_id | product_id | rating | status    | occurred_at         | recorded_at         | date
        ---------+-----------+------------+--------+-----------+---------------------+---------------------+-----------
        k8       | 1         | 1          | 5      | published | 2024-05-02T10:00:00 | 2024-05-02T10:00:00 | 2024-05-02
        """,
}
FUTURE = {
    OrderLine: """
        event_id | order_id | line_number | customer_id | product_id | kind   | quantity | unit_price_cents | currency | occurred_at         | recorded_at         | date
        ---------+----------+-------------+-------------+------------+--------+----------+------------------+----------+---------------------+---------------------+-----------
        f1       | 901      | 1           | 1           | 1          | sale   | 9        | 100              | EUR      | 2024-05-03T10:00:00 | 2024-05-03T10:00:00 | 2024-05-03
        f2       | 902      | 1           | 1           | 1          | return | 2        | 100              | EUR      | 2024-05-01T10:00:00 | 2024-05-03T10:00:00 | 2024-05-03
        f3       | 903      | 1           | 2           | 1          | sale   | 1        | 100              | EUR      | 2024-05-01T10:00:00 | 2024-05-03T10:00:00 | 2024-05-03
        f4       | 903      | 2           | 2           | 2          | sale   | 1        | 200              | EUR      | 2024-05-01T10:00:00 | 2024-05-03T10:00:00 | 2024-05-03
        """,
    ClickstreamEvent: """
        event_id | session_id | customer_id | product_id | kind       | position | occurred_at         | recorded_at         | date
        ---------+------------+-------------+------------+------------+----------+---------------------+---------------------+-----------
        f5       | s9         | 1           | 1          | view       | 1        | 2024-05-03T10:00:00 | 2024-05-03T10:00:00 | 2024-05-03
        f6       | s9         | 2           | 1          | cart       |          | 2024-05-01T11:00:00 | 2024-05-03T10:00:00 | 2024-05-03
        f12      | s9         | 2           | 2          | impression | 2        | 2024-05-01T11:00:00 | 2024-05-03T10:00:00 | 2024-05-03
        """,
    ProductVersion: """
        event_id | product_id | title | description | category_id | price_cents | attributes | status    | occurred_at         | recorded_at         | date
        ---------+------------+-------+-------------+-------------+-------------+------------+-----------+---------------------+---------------------+-----------
        f7       | 1          | New   | new         | 12          | 999         | {}         | published | 2024-05-03T00:00:00 | 2024-05-03T00:00:00 | 2024-05-03
        f8       | 2          | Fixed | fixed       | 12          | 999         | {}         | published | 2024-05-01T12:00:00 | 2024-05-03T00:00:00 | 2024-05-03
        """,
    StockLevel: """
        event_id | product_id | n_available | reason    | occurred_at         | recorded_at         | date
        ---------+------------+-------------+-----------+---------------------+---------------------+-----------
        f9       | 1          | 0           | corrected | 2024-05-01T12:00:00 | 2024-05-03T00:00:00 | 2024-05-03
        """,
    Review: """
        event_id | review_id | product_id | rating | status    | occurred_at         | recorded_at         | date
        ---------+-----------+------------+--------+-----------+---------------------+---------------------+-----------
        f10      | 1         | 1          | 5      | deleted   | 2024-05-03T10:00:00 | 2024-05-03T10:00:00 | 2024-05-03
        f11      | 2         | 2          | 1      | published | 2024-05-01T12:00:00 | 2024-05-03T10:00:00 | 2024-05-03
        """,
}


def known_events(logs):
    """Product events of those demand and clicks that there are; filtered by who uses them."""
    demand = build_daily_facts.daily_demand(logs[OrderLine], logs[ClickstreamEvent])
    return daily_product_events(logs[ClickstreamEvent], demand)


def facts(logs):
    return interactions(logs[OrderLine], logs[ClickstreamEvent])


def the_day(logs):
    return days(logs[OrderLine].sparkSession, DAY, DAY)


def judged(logs):
    demand = build_daily_facts.daily_demand(logs[OrderLine], logs[ClickstreamEvent])
    return verdicts(facts(logs), demand, logs[Review], the_day(logs))


def looks(logs):
    return look_ratios(shown_places(logs[ClickstreamEvent]), the_day(logs))


def opinions(logs):
    return Opinions(judged(logs), shop_stars(logs[Review], the_day(logs)), looks(logs))


def listed(logs):
    return catalogue(logs[ProductVersion], DAY)


def scores(logs):
    return popularity_scores(known_events(logs), DAY)


def features(logs):
    return product_features(
        known_events(logs),
        opinions(logs),
        logs[ProductVersion],
        logs[StockLevel],
        the_day(logs),
    )


BUILDS = {
    "demand_history": lambda logs: build_demand_history.estimated(
        movements(
            *(logs[row] for row in (OrderLine, ClickstreamEvent, StockLevel, ProductVersion)),
            DAYS[0],
        ),
        on(DAY),
    ),
    "user_items": lambda logs: user_items(facts(logs), DAY),
    "product_features": features,
    "look_ratios": looks,
    "user_features": lambda logs: user_features(
        user_orders(logs[OrderLine]),
        units_kept(logs[OrderLine]),
        facts(logs),
        logs[ProductVersion],
        the_day(logs),
    ),
    "trending": lambda logs: trending(scores(logs), listed(logs), DAY),
    "search_documents": lambda logs: search_documents(
        logs[ProductVersion], logs[StockLevel], scores(logs), features(logs), DAY
    ),
}


@pytest.fixture(scope="module")
def without_planted(spark):
    """Return what a build makes of the known rows alone, by its name; each is made once."""

    @functools.cache
    def rows(name):
        return built_rows(
            BUILDS[name], {row: table(spark, row, text) for row, text in LOGS.items()}
        )

    return rows


def built_rows(build, logs):
    return sorted(map(repr, build(logs).collect()))


def assert_knows_no_future(build, before, spark):
    """The one check: the same rows with the planted ones and without."""
    planted = {
        row: table(spark, row, text).unionByName(table(spark, row, FUTURE[row]))
        for row, text in LOGS.items()
    }

    after = built_rows(build, planted)

    assert before, "nothing was built"
    assert after == before


@pytest.mark.parametrize("name", BUILDS)
def test_a_transform_ignores_what_was_recorded_later(spark, without_planted, name):
    assert_knows_no_future(BUILDS[name], without_planted(name), spark)


DEAR = ("demand_history", "product_features", "search_documents")
"""That the check can fail is seen of the others in seconds, and of these in `make test-long`, too."""


@pytest.mark.parametrize(
    "name",
    [pytest.param(each, marks=[pytest.mark.long] if each in DEAR else []) for each in BUILDS],
)
def test_a_transform_that_does_not_ask_when_a_row_was_known_is_caught(spark, without_planted, name):
    """As if its date filter were missing: every row looks known on `DAY` at the latest.

    The rows without planted ones are known by then, so of these alone it makes what the other makes.
    """

    def leaky(logs):
        clipped = F.least(F.col("date"), F.lit(DAY))
        return BUILDS[name]({row: log.withColumn("date", clipped) for row, log in logs.items()})

    with pytest.raises(AssertionError):
        assert_knows_no_future(leaky, without_planted(name), spark)


JOBS = (
    build_daily_facts,
    build_demand_history,
    build_features,
    build_lists,
    build_search_documents,
    report_searches,
)


def plant(lake):
    """Publish the planted rows as the partitions of tomorrow."""
    partitions = Partitions(lake)
    for row, text in FUTURE.items():
        partitions.write(row, arrow(row, text), TOMORROW)


def assert_jobs_know_no_future(settings, jobs):
    def of_the_day():
        found = contents(settings.lake)
        return {
            key: rows for key, rows in found.items() if key[0] == "derived" and key[2] == str(DAY)
        }

    before = of_the_day()
    plant(settings.lake)

    for job in jobs:
        job.main(settings, on(DAY))

    assert of_the_day() == before


def test_the_jobs_of_a_day_ignore_later_partitions(built):
    """Daily facts and demand, user_items, features, co-purchases, trending, lists, documents."""
    assert_jobs_know_no_future(built, JOBS)


def test_a_job_that_reads_later_partitions_is_caught(built, monkeypatch):
    real = Partitions.read
    monkeypatch.setattr(
        Partitions, "read", lambda self, row, first, last, columns=None: real(
            self, row, first, last + dt.timedelta(days=1), columns
        )
    )  # fmt: skip

    with pytest.raises(AssertionError):
        assert_jobs_know_no_future(built, (build_lists,))


def test_demand_as_known_by_the_day_does_not_change_when_a_correction_arrives(built):
    """The correction lands in tomorrow's partition: the sum over partitions up to `DAY` stays."""
    known = Partitions(built.lake).read(DailyDemand, None, DAY)
    plant(built.lake)

    build_daily_facts.main(built, on(TOMORROW))

    assert Partitions(built.lake).read(DailyDemand, None, DAY).equals(known)
    corrected = Partitions(built.lake).read(DailyDemand, TOMORROW, TOMORROW).to_pylist()
    assert {row["demand_date"] for row in corrected} >= {DAYS[0]}
