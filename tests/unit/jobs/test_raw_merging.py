"""Small batches of raw rows become few, and no row is lost or there twice (jobs.raw_merging)."""

import datetime as dt

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs import raw_merging
from jobs.raw import RawBatches, covered
from jobs.raw_merging import merge_batches

DAY, NEXT_DAY = dt.date(2024, 5, 1), dt.date(2024, 5, 2)


@pytest.fixture
def batches(tmp_path):
    return RawBatches(tmp_path)


def land(batches, *ends, day=DAY):
    for end in ends:
        batches.append("clickstream", f"{end}-0", {"clickstream": [{"event_id": str(end)}]}, day)


def rows(batches, day=DAY):
    return [
        row["event_id"]
        for folder in batches.folders("clickstream", day, day)
        for row in pq.read_table(folder / "part-0.parquet", partitioning=None).to_pylist()
    ]


def test_the_batches_of_a_day_that_is_over_become_one(batches):
    land(batches, 5, 9, 12)
    land(batches, 20, 30, day=NEXT_DAY)

    assert merge_batches(batches, "clickstream", today=NEXT_DAY) == 3

    assert batches.names() == ["clickstream_0-0_to_12-0", "clickstream_20-0", "clickstream_30-0"]
    assert (rows(batches), rows(batches, NEXT_DAY)) == (["5", "9", "12"], ["20", "30"])
    assert batches.position("clickstream") == "30-0"


def test_of_a_day_that_goes_on_small_ones_are_merged_once_they_are_many(batches, monkeypatch):
    monkeypatch.setattr(raw_merging, "N_SMALL", 3)
    land(batches, 1, 2)
    assert merge_batches(batches, "clickstream", today=DAY) == 0

    land(batches, 3)
    merge_batches(batches, "clickstream", today=DAY)
    land(batches, 4, 5, 6)
    merge_batches(batches, "clickstream", today=DAY)

    assert batches.names() == ["clickstream_0-0_to_3-0", "clickstream_3-0_to_6-0"]
    merge_batches(batches, "clickstream", today=NEXT_DAY)
    assert batches.names() == ["clickstream_0-0_to_6-0"]
    assert rows(batches) == ["1", "2", "3", "4", "5", "6"]


def test_a_batch_of_another_day_in_between_is_left_apart(batches):
    land(batches, 1, 2)
    land(batches, 3, day=NEXT_DAY)
    land(batches, 4, 5)

    merge_batches(batches, "clickstream", today=dt.date(2024, 5, 3))

    assert rows(batches) == ["1", "2", "4", "5"]
    assert rows(batches, NEXT_DAY) == ["3"]


def test_what_a_kill_left_beside_the_merged_batch_counts_no_more(batches):
    land(batches, 1, 2)
    with batches.appearing("clickstream_0-0_to_2-0") as staged:
        raw_merging._write_together(
            sorted(batches.folder.glob("[!.]*/*/*/*.parquet")),
            raw_merging.part_file(staged, "clickstream", DAY),
        )
    land(batches, 3)

    assert (rows(batches), batches.n_rows("clickstream", DAY, DAY)) == (["1", "2", "3"], 3)
    merge_batches(batches, "clickstream", today=DAY)

    left = sorted(path.name for path in batches.folder.iterdir() if path.is_dir())
    assert left == ["clickstream_0-0_to_2-0", "clickstream_3-0"]


def test_nothing_is_merged_away_under_a_reader(batches):
    land(batches, 1, 2)
    with batches.reading() as seen:
        land(batches, 3)

        assert merge_batches(batches, "clickstream", today=NEXT_DAY) == 0
        assert (rows(seen), rows(batches)) == (["1", "2"], ["1", "2", "3"])


def test_rows_that_could_not_be_taken_apart_are_merged_with_the_others(batches):
    land(batches, 1)
    batches.append("clickstream", "2-0", {"clickstream": [{"raw_body": "{half"}]}, DAY)

    merge_batches(batches, "clickstream", today=NEXT_DAY)

    [folder] = batches.folders("clickstream", DAY, DAY)
    assert pq.read_table(folder / "part-0.parquet", partitioning=None).to_pylist() == [
        {"event_id": "1", "raw_body": None},
        {"event_id": None, "raw_body": "{half"},
    ]


@given(st.lists(st.integers(1, 3), min_size=1, max_size=8), st.data())
def test_a_merged_batch_covers_what_ends_within_it_and_nothing_else(steps, data):
    ends = [sum(steps[: n + 1]) for n in range(len(steps))]
    first = data.draw(st.integers(0, len(ends) - 1))
    last = data.draw(st.integers(first, len(ends) - 1))
    after = ends[first - 1] if first else 0
    small = [f"s_{end}-0" for end in ends]
    merged = f"s_{after}-0_to_{ends[last]}-0"

    assert covered([*small, merged, f"other_{ends[last]}-0"]) == set(small[first : last + 1])
