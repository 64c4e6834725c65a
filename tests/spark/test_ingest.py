"""From raw rows to validated and quarantined ones (jobs.ingest)."""

import datetime as dt
import json
from collections import Counter

import psycopg2
import pytest
from pyspark.sql import functions as F  # noqa: N812
from redis import Redis

from features.expectations.validation import open_validator
from features.schemas.logs import StockLevel
from jobs import ingest
from jobs.runner import Dates, JobError, Settings
from tests import tiny_shop
from tests.spark.conftest import on
from tests.tables import table
from tests.tiny_shop import DAYS, append, click, contents, order_line
from transactional import migrations

pytestmark = pytest.mark.spark
DAY, NEXT_DAY, LAST_DAY = DAYS


@pytest.fixture(scope="module")
def ingested(spark, tmp_path_factory):
    """The tiny shop's first day, ingested once for the tests that only look."""
    home = tmp_path_factory.mktemp("ingested")
    settings = Settings(emporium_home=home, database_url="", redis_url="")
    tiny_shop.write_raw(settings.lake)
    ingest.main(settings, on(DAY))
    return settings


LOGS_OF_THREE_KINDS = ("products", "order_lines", "clickstream")
"""Enough to fail with one and keep back the others; each log more costs a suite."""


def some_rows(day):
    return {
        table: rows
        for table, rows in tiny_shop.rows_of(day).items()
        if table in LOGS_OF_THREE_KINDS
    }


def report(settings, day=DAY):
    return json.loads((settings.reports / "ingest" / f"{day}.json").read_text())


def test_every_row_is_validated_or_quarantined_with_its_reason(ingested):
    figures = report(ingested)

    lines, clicks = figures["order_lines"], figures["clickstream"]
    n_lines, n_clicks = len(tiny_shop.orders_of(DAY)), len(tiny_shop.clicks_of(DAY))
    assert lines == {
        "n_rows": n_lines,
        "n_validated": n_lines - 1,
        "quarantined": {"quantity: below 1": 1},
    }
    assert clicks == {
        "n_rows": n_clicks,
        "n_validated": n_clicks - 2,
        "quarantined": {"event_id: delivered before": 1, "product_id: not in the catalogue": 1},
    }


def test_a_quarantined_row_keeps_the_text_it_came_with(ingested):
    [row] = contents(ingested.lake)["quarantine", "order_lines", str(DAY)]

    assert "('quantity', '0')" in row
    assert "('reasons', ['quantity: below 1'])" in row


def test_only_the_days_asked_for_are_published(ingested):
    assert {day for _, _, day in contents(ingested.lake)} == {str(DAY)}


def test_the_suites_results_can_be_read_as_pages(ingested):
    docs = ingested.emporium_home.resolve() / "data_docs" / str(DAY)

    assert (docs / "index.html").exists()
    pages = [path.read_text() for path in docs.rglob("validations/**/*.html")]
    assert any("order_lines" in page and "quantity" in page for page in pages)


def test_a_third_of_bad_rows_fails_the_day_and_publishes_nothing(home, spark):
    bad = [order_line(DAY, n, 900 + n, 1, 1, quantity="none") for n in range(25)]
    append(home.lake, DAY, some_rows(DAY))
    append(home.lake, DAY, {"order_lines": bad})

    with pytest.raises(
        JobError, match=r"order_lines: .*of the rows break it.*Nothing was published"
    ):
        ingest.main(home, on(DAY))

    assert contents(home.lake) == {}
    assert list((home.emporium_home.resolve() / "data_docs").rglob("index.html"))


def test_a_log_whose_rows_were_known_before_they_happened_fails_its_suite(spark, tmp_path):
    moments = "2024-05-01T10:00:00 | 2024-05-01T09:59:59"
    header = "event_id | product_id | n_available | reason | occurred_at | recorded_at | date"
    rows = "\n".join(f"s{n} | {n} | 5 | opening | {moments} | 2024-05-01" for n in (1, 2, 3))
    levels = table(spark, StockLevel, f"{header}\n---\n{rows}")

    verdict = open_validator(tmp_path).verdict(
        levels.withColumn("is_good", F.lit(True)), StockLevel, rows_required=False
    )

    assert verdict.failures == (
        "stock_levels: occurred_at_is_not_after_recorded_at: values to be in set: "
        "100.0 % of the rows break it",
    )


@pytest.mark.parametrize("column", ["unit_price_cents", "event_id"])
def test_a_missing_column_fails_the_day_and_publishes_nothing(home, spark, column):
    lines = [
        {name: text for name, text in line.items() if name != column}
        for line in tiny_shop.orders_of(DAY)
    ]
    append(home.lake, DAY, {"order_lines": lines})

    with pytest.raises(JobError, match=f"order_lines: column {column} is missing"):
        ingest.main(home, on(DAY))

    assert contents(home.lake) == {}


def test_a_day_without_orders_fails_and_a_range_that_holds_it_does_not(home, spark):
    append(home.lake, DAY, some_rows(DAY))
    append(home.lake, NEXT_DAY, {"clickstream": tiny_shop.clicks_of(NEXT_DAY)})

    with pytest.raises(JobError, match="no order was recorded on 2024-05-02"):
        ingest.main(home, on(NEXT_DAY))
    assert contents(home.lake) == {}
    ingest.main(home, Dates(DAY, NEXT_DAY))

    assert contents(home.lake)["validated", "order_lines", str(NEXT_DAY)] == []
    assert contents(home.lake)["validated", "clickstream", str(NEXT_DAY)]


def test_what_shop_and_shoppers_recorded_is_collected_and_validated(
    home, spark, database_url, redis_url
):
    settings = home.model_copy(update={"database_url": database_url, "redis_url": redis_url})
    migrations.upgrade(database_url)
    logs = tiny_shop.rows_of(DAY)
    with psycopg2.connect(database_url) as shop, shop.cursor() as cursor:
        for table in ("products", "order_lines"):
            for row in logs[table]:
                cursor.execute(
                    "insert into outbox (event_id, topic, key, body, recorded_at) "
                    "values (%s, %s, '1', %s, %s)",
                    (row["event_id"], table, json.dumps(row), row["recorded_at"]),
                )
    with Redis.from_url(redis_url) as redis:
        milliseconds = int(dt.datetime.combine(DAY, dt.time(12), dt.UTC).timestamp() * 1000)
        bodies = [json.dumps(click(DAY, n, n, "view", 1)) for n in range(9)]
        for n, body in enumerate([*bodies, "{half"]):
            redis.xadd("clickstream", {"body": body}, id=f"{milliseconds}-{n}")

    ingest.main(settings, on(DAY))

    figures = report(settings)
    assert figures["clickstream"] == {
        "n_rows": 10,
        "n_validated": 9,
        "quarantined": {"not JSON": 1},
    }
    assert figures["order_lines"]["n_validated"] == len(logs["order_lines"]) - 1
    counts = Counter(table for _, table, _ in contents(settings.lake))
    assert counts == {"products": 2, "order_lines": 2, "clickstream": 2}
