"""Collecting from a real PostgreSQL and a real Redis (jobs.sources)."""

import datetime as dt
import json

import psycopg2
import pyarrow.parquet as pq
import pytest
from redis import Redis

from jobs.raw import RawBatches
from jobs.sources.outbox import Outbox
from jobs.sources.streams import Streams
from transactional import migrations

pytestmark = pytest.mark.live
DAY, NEXT_DAY = dt.date(2024, 5, 1), dt.date(2024, 5, 2)


@pytest.fixture
def batches(tmp_path):
    return RawBatches(tmp_path)


def collected(batches, table):
    """Every collected row's event id with the day it went to, in order of collection."""
    return [
        (event_id, part.parent.name.removeprefix("date="))
        for part in sorted(batches.folder.glob(f"[!.]*/{table}/date=*/*.parquet"), key=_position)
        for event_id in pq.read_table(part, partitioning=None)["event_id"].to_pylist()
    ]


def _position(part):
    first, second = part.parents[2].name.split("_")[1].split("-")
    return int(first), int(second)


@pytest.fixture
def connect(database_url):
    migrations.upgrade(database_url)
    opened = []

    def connect_once():
        opened.append(psycopg2.connect(database_url))
        return opened[-1]

    yield connect_once
    for connection in opened:
        connection.close()


def record(connection, event_id, recorded_at="2024-05-01T10:00:00Z", topic="order_lines"):
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into outbox (event_id, topic, key, body, recorded_at) values (%s, %s, '1', %s, %s)",
            (event_id, topic, json.dumps({"event_id": event_id}), recorded_at),
        )


def test_the_outbox_is_collected_once_and_in_order(connect, database_url, batches):
    with connect() as shop:
        record(shop, "a")
        record(shop, "b")
    assert Outbox(database_url).collect(batches, DAY) == 2
    with connect() as shop:
        record(shop, "c")

    assert Outbox(database_url).collect(batches, DAY) == 1
    assert Outbox(database_url).collect(batches, DAY) == 0

    assert collected(batches, "order_lines") == [(e, "2024-05-01") for e in "abc"]


def test_an_event_without_recorded_at_has_its_rows_and_others_keep_their_own(
    connect, database_url, batches
):
    """As reviews were told before they were a log."""
    with connect() as shop:
        record(shop, "old", topic="reviews")
        own = {"event_id": "new", "recorded_at": "2024-05-01T09:59:59+00:00"}
        with shop.cursor() as cursor:
            cursor.execute(
                "insert into outbox (event_id, topic, key, body, recorded_at)"
                " values ('new', 'reviews', '1', %s, '2024-05-01T10:00:00Z')",
                (json.dumps(own),),
            )

    Outbox(database_url).collect(batches, DAY)

    [part] = batches.folder.glob("[!.]*/reviews/date=*/*.parquet")
    told = pq.read_table(part, partitioning=None).to_pylist()
    times = {row["event_id"]: dt.datetime.fromisoformat(row["recorded_at"]) for row in told}
    assert times["old"] - times["new"] == dt.timedelta(seconds=1)


def test_a_transaction_that_commits_late_with_a_lower_position_is_not_lost(
    connect, database_url, batches
):
    slow, quick = connect(), connect()
    record(slow, "early but slow")
    record(quick, "quick")
    quick.commit()
    # Nothing after the open transaction may be taken, or its row would be skipped for ever.
    assert Outbox(database_url).collect(batches, DAY) == 0
    slow.commit()

    Outbox(database_url).collect(batches, DAY)

    assert [event for event, _ in collected(batches, "order_lines")] == ["early but slow", "quick"]


def test_a_transaction_that_was_rolled_back_is_never_seen(connect, database_url, batches):
    shop = connect()
    record(shop, "never")
    shop.rollback()
    record(shop, "kept")
    shop.commit()

    Outbox(database_url).collect(batches, DAY)

    assert collected(batches, "order_lines") == [("kept", "2024-05-01")]


def test_rows_of_the_next_day_wait_for_its_run(connect, database_url, batches):
    with connect() as shop:
        record(shop, "today", "2024-05-01T23:59:59.999Z")
        record(shop, "tomorrow", "2024-05-02T00:00:00Z")

    assert Outbox(database_url).collect(batches, DAY) == 1
    assert Outbox(database_url).collect(batches, NEXT_DAY) == 1

    assert collected(batches, "order_lines") == [
        ("today", "2024-05-01"),
        ("tomorrow", "2024-05-02"),
    ]


def test_each_topic_goes_to_its_table_and_an_unknown_one_to_none(connect, database_url, batches):
    with connect() as shop:
        record(shop, "a")
        record(shop, "b", topic="products")
        record(shop, "c", topic="weather")

    Outbox(database_url).collect(batches, DAY)

    assert collected(batches, "order_lines") == [("a", "2024-05-01")]
    assert collected(batches, "products") == [("b", "2024-05-01")]
    assert Outbox(database_url).collect(batches, DAY) == 0


def test_a_long_outbox_is_collected_in_several_batches(connect, database_url, batches, monkeypatch):
    monkeypatch.setattr("jobs.sources.outbox.N_ROWS_AT_ONCE", 3)
    with connect() as shop:
        for n in range(7):
            record(shop, f"e{n}")

    assert Outbox(database_url).collect(batches, DAY) == 7

    assert [event for event, _ in collected(batches, "order_lines")] == [f"e{n}" for n in range(7)]
    assert len(batches.names()) == 3


def milliseconds(text):
    return int(dt.datetime.fromisoformat(text).timestamp() * 1000)


def test_the_clickstream_is_collected_once_up_to_the_end_of_the_day(redis_url, batches):
    with Redis.from_url(redis_url) as redis:
        for event_id, at in [
            ("a", "2024-05-01T10:00:00Z"),
            ("b", "2024-05-01T23:59:59.999Z"),
            ("c", "2024-05-02T00:00:00Z"),
        ]:
            body = json.dumps({"event_id": event_id})
            redis.xadd("clickstream", {"body": body}, id=f"{milliseconds(at)}-0")

    assert Streams(redis_url).collect(batches, DAY) == 2
    assert Streams(redis_url).collect(batches, DAY) == 0
    assert Streams(redis_url).collect(batches, NEXT_DAY) == 1

    assert collected(batches, "clickstream") == [
        ("a", "2024-05-01"),
        ("b", "2024-05-01"),
        ("c", "2024-05-02"),
    ]


def test_a_malformed_entry_is_kept_whole_with_the_reason(redis_url, batches):
    at = milliseconds("2024-05-01T10:00:00Z")
    with Redis.from_url(redis_url) as redis:
        redis.xadd("clickstream", {"body": "{half"}, id=f"{at}-0")
        redis.xadd("clickstream", {"other": "x"}, id=f"{at}-1")

    Streams(redis_url).collect(batches, DAY)

    [part] = batches.folder.glob("[!.]*/clickstream/*/*.parquet")
    found = pq.read_table(part, partitioning=None).select(["raw_body", "reject_reason"])
    assert found.to_pylist() == [
        {"raw_body": "{half", "reject_reason": "not JSON"},
        {"raw_body": "", "reject_reason": "not JSON"},
    ]
