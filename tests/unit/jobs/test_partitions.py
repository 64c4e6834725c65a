"""Publishing partitions of the lake whole or not at all (jobs.partitions)."""

import datetime as dt
import shutil
import subprocess
import sys
import threading

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.schemas.lake import Trending
from features.schemas.logs import ClickstreamEvent
from jobs.partitions import ForeignDayError, Partitions
from jobs.swap import swap
from tests.tables import arrow

DAY = dt.date(2024, 5, 1)
NEXT_DAY = dt.date(2024, 5, 2)


@pytest.fixture
def lake(tmp_path):
    return Partitions(tmp_path)


def ranked(*item_ids):
    lines = "\n".join(f"0 | {item} | 1.0 | {n + 1} | {DAY}" for n, item in enumerate(item_ids))
    return arrow(Trending, f"category_id | item_id | score | rank | date\n---\n{lines}")


def items(lake, first=None, last=NEXT_DAY):
    return lake.read(Trending, first, last)["item_id"].to_pylist()


def test_what_was_written_is_read_back_with_its_date(lake):
    lake.write(Trending, ranked(5, 6), DAY)

    found = lake.read(Trending, DAY, DAY)

    assert found.equals(ranked(5, 6))


def test_a_partition_is_replaced_and_others_stay(lake):
    lake.write(Trending, ranked(1), NEXT_DAY)
    lake.write(Trending, ranked(5, 6), DAY)

    lake.write(Trending, ranked(7), DAY)

    assert items(lake) == [7, 1]
    assert lake.days("derived", "trending") == [DAY, NEXT_DAY]
    assert lake.n_rows(Trending, DAY) == 1


def test_days_of_before_a_column_was_get_it_with_nulls(lake):
    lake.write(Trending, ranked(5), DAY)
    lake.write(Trending, ranked(6), NEXT_DAY)
    [file] = (lake.folder("derived", "trending") / f"date={DAY}").glob("*.parquet")
    pq.write_table(pq.read_table(file, partitioning=None).drop_columns(["score"]), file)

    widened = lake.widen(Trending)

    [file] = (lake.folder("derived", "trending") / f"date={DAY}").glob("*.parquet")
    assert pq.read_schema(file).names == ["category_id", "item_id", "score", "rank"]
    assert lake.read(Trending, DAY, DAY)["score"].to_pylist() == [None]
    assert (widened, lake.widen(Trending)) == ([DAY], [])
    assert items(lake) == [5, 6]


def test_only_the_days_asked_for_are_read(lake):
    lake.write(Trending, ranked(5), DAY)
    lake.write(Trending, ranked(6), NEXT_DAY)

    assert (items(lake, last=DAY), items(lake, first=NEXT_DAY)) == ([5], [6])


def test_a_table_never_written_is_empty(lake):
    assert lake.read(Trending, None, DAY).equals(ranked())
    assert lake.days("derived", "trending") == []


def test_a_day_without_rows_replaces_the_rows_it_had(lake):
    lake.write(Trending, ranked(5), DAY)

    staged = lake.staging("derived", "trending")
    lake.publish("derived", "trending", staged, [DAY])

    assert items(lake) == []
    assert lake.days("derived", "trending") == [DAY]


def test_rows_of_a_day_not_asked_for_are_refused_and_nothing_is_published(lake):
    lake.write(Trending, ranked(5), DAY)
    staged = lake.staging("derived", "trending")
    for day in (DAY, NEXT_DAY):
        (staged / f"date={day}").mkdir()

    with pytest.raises(ForeignDayError, match="2024-05-02"):
        lake.publish("derived", "trending", staged, [DAY])

    assert items(lake) == [5]
    assert lake.days("derived", "trending") == [DAY]


def test_a_reader_of_the_old_rows_goes_on_while_they_are_replaced(lake):
    lake.write(Trending, ranked(*range(1000)), DAY)
    [part] = (lake.folder("derived", "trending") / f"date={DAY}").glob("*.parquet")
    with part.open("rb") as reader:
        lake.write(Trending, ranked(7), DAY)

        assert pq.read_table(reader)["item_id"].to_pylist() == list(range(1000))


def test_the_version_before_the_current_one_is_kept(lake):
    for n in range(5):
        lake.write(Trending, ranked(n), DAY)

    [before] = (lake.root / ".versions" / "derived" / "trending").iterdir()
    [part] = before.glob("*.parquet")
    assert pq.read_table(part, partitioning=None)["item_id"].to_pylist() == [3]
    assert items(lake) == [4]


def test_a_tables_folder_holds_published_rows_and_nothing_else(lake):
    """Readers that take every file below a folder, as Feast's does, then take the right ones."""
    for n in range(3):
        lake.write(Trending, ranked(n), DAY)
    unfinished = lake.staging("derived", "trending") / f"date={NEXT_DAY}"
    unfinished.mkdir()
    pq.write_table(ranked(9), unfinished / "part-0.parquet")

    found = [path for path in lake.folder("derived", "trending").rglob("*") if path.is_file()]

    assert [pq.read_table(path, partitioning=None)["item_id"].to_pylist() for path in found] == [
        [2]
    ]


def test_days_published_anew_have_another_version(lake):
    lake.write(Trending, ranked(1), DAY)
    lake.write(Trending, ranked(2), NEXT_DAY)
    first, second = lake.versions("derived", "trending")

    lake.write(Trending, ranked(2), NEXT_DAY)

    same, other = lake.versions("derived", "trending")
    assert (same == first, other == second) == (True, False)


def test_where_folders_cannot_be_swapped_they_are_renamed_one_after_the_other(lake, monkeypatch):
    monkeypatch.setattr("jobs.swap.exchanged", lambda one, other: False)
    lake.write(Trending, ranked(1), DAY)

    lake.write(Trending, ranked(2), DAY)

    assert items(lake) == [2]


def test_a_folder_that_cannot_be_moved_leaves_both_where_they_were(tmp_path):
    (tmp_path / "published").mkdir()

    with pytest.raises(FileNotFoundError, match="staged"):
        swap(tmp_path / "staged", tmp_path / "published", tmp_path / "before")

    assert [path.name for path in tmp_path.iterdir()] == ["published"]


KILLED_WRITER = """
import os, signal, sys
from pathlib import Path
import jobs.partitions as p
from features.schemas.lake import Trending
from features.schemas.logs import ClickstreamEvent

moment, root = sys.argv[1], Path(sys.argv[2])
def die(*args, **kwargs):
    os.kill(os.getpid(), signal.SIGKILL)
if moment == "written":
    p.Partitions.publish = die
elif moment == "staged":
    p.swap = die
elif moment == "swapped":
    p.Path.rename = die
elif moment == "published":
    p._drop_old_versions = die
lake = p.Partitions(root)
day = p.dt.date(2024, 5, 1)
rows = lake.read(Trending, day, day)
lake.write(Trending, rows.set_column(1, "item_id", p.pa.array([9], p.pa.int64())), day)
"""


@pytest.mark.parametrize(
    ("moment", "left"), [("written", 5), ("staged", 5), ("swapped", 9), ("published", 9)]
)
def test_a_killed_writer_leaves_old_rows_or_new_and_the_next_clears_its_remains(
    lake, tmp_path, moment, left
):
    lake.write(Trending, ranked(5), DAY)
    killed = subprocess.run(
        [sys.executable, "-c", KILLED_WRITER, moment, str(tmp_path)], check=False
    )
    assert killed.returncode == -9

    assert items(lake) == [left]
    lake.write(Trending, ranked(6), DAY)
    lake.write(Trending, ranked(7), DAY)

    assert items(lake) == [7]
    assert list((lake.root / ".staging" / "derived" / "trending").iterdir()) == []
    assert len(list((lake.root / ".versions" / "derived" / "trending").iterdir())) == 1


def test_a_lake_is_small_while_all_its_files_together_are(lake):
    assert lake.is_below(1)
    lake.write(Trending, ranked(5), DAY)
    raw = lake.root / "raw" / "batch" / "products"
    raw.mkdir(parents=True)
    (raw / "part-0.parquet").write_bytes(b"0" * 1_000)
    [part] = lake.root.glob("derived/trending/*/*.parquet")
    n_bytes = part.stat().st_size + 1_000

    assert lake.is_below(n_bytes + 1)
    assert not lake.is_below(n_bytes)


def test_a_worker_that_puts_in_place_and_takes_away_is_no_error_for_who_measures(lake):
    is_over = threading.Event()

    def come_and_go():
        while not is_over.is_set():
            staged = lake.root / "raw" / ".batch" / "clickstream"
            staged.mkdir(parents=True)
            (staged / "part.parquet").write_bytes(b"")
            shutil.rmtree(staged.parent)

    worker = threading.Thread(target=come_and_go)
    worker.start()
    try:
        assert all(lake.is_below(1) for _ in range(1_000))
    finally:
        is_over.set()
        worker.join()


def test_a_living_writers_staging_is_left_alone(lake):
    mine = lake.staging("derived", "trending")

    lake.write(Trending, ranked(5), DAY)

    assert mine.exists()


def test_rows_are_cast_to_the_tables_types(lake):
    narrow = ranked(5).set_column(3, "rank", pa.array([1], pa.int32()))

    lake.write(Trending, narrow, DAY)

    assert lake.read(Trending, DAY, DAY).equals(ranked(5))


def test_a_log_of_before_a_column_was_is_read_with_nulls(lake):
    clicks = arrow(
        ClickstreamEvent, f"event_id | visitor_id | kind | date\n---\na | v | view | {DAY}"
    )
    lake.write(ClickstreamEvent, clicks, DAY)
    [file] = (lake.folder("validated", "clickstream") / f"date={DAY}").glob("*.parquet")
    new = ["visitor_id", "slot", "answer_id"]
    pq.write_table(pq.read_table(file, partitioning=None).drop_columns(new), file)

    [row] = lake.read(ClickstreamEvent, DAY, DAY).to_pylist()

    assert (row["event_id"], *(row[name] for name in new)) == ("a", None, None, None)
