"""Batches of raw rows: appended once, never changed (jobs.raw)."""

import datetime as dt
import subprocess
import sys

import pyarrow.parquet as pq
import pytest

from emporium.settings import REPOSITORY
from jobs.raw import RawBatches, raw_row

DAY, NEXT_DAY = dt.date(2024, 5, 1), dt.date(2024, 5, 2)
NAMES = ["event_id", "product_id"]


@pytest.fixture
def batches(tmp_path):
    return RawBatches(tmp_path)


def test_a_source_goes_on_where_its_last_batch_ended(batches):
    assert batches.position("outbox") == "0-0"

    for position in ("9-1", "10-3", "10-12"):
        batches.append("outbox", position, {"order_lines": [{"event_id": position}]}, DAY)
    batches.append("clickstream", "99-0", {"clickstream": [{"event_id": "c"}]}, DAY)

    assert batches.position("outbox") == "10-12"
    assert batches.position("clickstream") == "99-0"


def test_a_batch_begun_by_a_killed_collection_is_no_batch(batches, tmp_path):
    left = tmp_path / "raw" / ".outbox_5-1" / "order_lines" / f"date={DAY}"
    left.mkdir(parents=True)
    (left / "part-0.parquet").write_bytes(b"half a file")

    assert (batches.names(), batches.days("order_lines")) == ([], [])
    assert batches.position("outbox") == "0-0"
    batches.append("outbox", "5-1", {"order_lines": [{"event_id": "a"}]}, DAY)

    assert batches.names() == ["outbox_5-1"]
    assert batches.n_rows("order_lines", DAY, DAY) == 1


def test_a_batch_of_rows_for_no_table_still_moves_the_position(batches):
    batches.append("outbox", "7-7", {}, DAY)

    assert batches.position("outbox") == "7-7"
    assert batches.days("order_lines") == []


def test_an_adopted_folder_replaces_the_batch_of_that_name(batches, tmp_path):
    for event_id in ("a", "b"):
        folder = tmp_path / "made" / "order_lines" / f"date={DAY}"
        folder.mkdir(parents=True)
        RawBatches(tmp_path / "scratch" / event_id).append(
            "x", "1-1", {"order_lines": [{"event_id": event_id}]}, DAY
        )
        part = tmp_path / "scratch" / event_id / f"raw/x_1-1/order_lines/date={DAY}/part-0.parquet"
        part.rename(folder / "part-0.parquet")
        batches.adopt("simulator", tmp_path / "made")

    [part] = (batches.folder / "simulator" / "order_lines" / f"date={DAY}").iterdir()
    assert pq.read_table(part, partitioning=None)["event_id"].to_pylist() == ["b"]
    assert batches.names() == ["simulator"]


def test_days_and_rows_are_counted_over_all_batches(batches):
    batches.append("outbox", "1-1", {"order_lines": [{"event_id": "a"}, {"event_id": "b"}]}, DAY)
    batches.append("outbox", "1-2", {"order_lines": [{"event_id": "c"}]}, NEXT_DAY)
    batches.append("other", "1-1", {"order_lines": [{"event_id": "d"}]}, NEXT_DAY)

    assert batches.days("order_lines") == [DAY, NEXT_DAY]
    assert batches.n_rows("order_lines", DAY, NEXT_DAY) == 4
    assert batches.n_rows("order_lines", NEXT_DAY, NEXT_DAY) == 2


@pytest.mark.parametrize(
    ("body", "row"),
    [
        ('{"event_id": "a", "product_id": 5}', {"event_id": "a", "product_id": "5"}),
        ('{"event_id": null, "product_id": 1.5}', {"event_id": None, "product_id": "1.5"}),
        (
            '{"product_id": {"b": 1, "a": [2]}}',
            {"event_id": None, "product_id": '{"a": [2], "b": 1}'},
        ),
        ("{half", {"raw_body": "{half", "reject_reason": "not JSON"}),
        (
            r'{"event_id": "\ud83d"}',
            {"raw_body": r'{"event_id": "\ud83d"}', "reject_reason": "half of a character"},
        ),
        (r'{"event_id": "\ud83d\ude00"}', {"event_id": "😀", "product_id": None}),
        ("[1]", {"raw_body": "[1]", "reject_reason": "not a JSON object"}),
        (
            '{"event_id": "a", "colour": "red"}',
            {
                "event_id": "a",
                "product_id": None,
                "raw_body": '{"event_id": "a", "colour": "red"}',
                "reject_reason": "unknown field colour",
            },
        ),
    ],
)
def test_a_message_becomes_text_by_column_and_nothing_of_it_is_lost(body, row):
    assert raw_row(body, NAMES) == row


def test_the_worker_that_lands_events_carries_no_spark():
    loaded = "import sys, jobs.land_events; sys.exit('pyspark' in sys.modules)"

    subprocess.run([sys.executable, "-c", loaded], check=True, cwd=REPOSITORY)
