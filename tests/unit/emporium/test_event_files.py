"""Reading anybody's events (emporium.event_files)."""

import datetime as dt
import gzip

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest

from emporium.event_files import ItemNames, Names, days_of, read_events, read_items
from emporium.table_files import TableFileError

NAMES = Names("who", "what", "at")
DAY = dt.datetime(2026, 1, 2, 12, tzinfo=dt.UTC)
NUMBER = (dt.date(2026, 1, 2) - dt.date(1970, 1, 1)).days + 0.5


@pytest.mark.parametrize(
    ("text", "suffix"),
    [
        ("who,what,at\na,x,2026-01-02T12:00:00Z\n", "csv"),
        ("who\twhat\tat\na\tx\t2026-01-02 12:00:00\n", "tsv"),
        ('{"who": "a", "what": "x", "at": 1767355200}\n', "jsonl"),
        ("who,what,at\na,x,1767355200000\n", "csv"),
        ("who;what;at\na;x;2026-01-02 12:00\n", "csv"),
        ('who|what|"a,b,c"|at\na|x|"1,2,3"|1767355200\n', "txt"),
    ],
)
def test_files_of_many_kinds_say_the_same(tmp_path, text, suffix):
    path = tmp_path / f"log.{suffix}"
    path.write_text(text)

    found = read_events(path, NAMES).columns

    assert (found.users.tolist(), found.items.tolist()) == (["a"], ["x"])
    assert found.days.tolist() == [NUMBER]


@pytest.mark.parametrize("text", ["a::x::5::1767355200\n", "a,x,5,1767355200\n"])
def test_a_file_without_a_header_has_columns_by_number(tmp_path, text):
    path = tmp_path / "ratings.dat"
    path.write_text(text)

    found = read_events(path, Names("1", "2", "4", "3", has_header=False)).columns

    assert (found.users.tolist(), found.items.tolist()) == (["a"], ["x"])
    assert (found.days.tolist(), found.weights.tolist()) == ([NUMBER], [5])


def test_a_packed_file_is_unpacked(tmp_path):
    path = tmp_path / "log.csv.gz"
    path.write_bytes(gzip.compress(b"who,what,at\na,x,1767355200\n"))

    assert read_events(path, NAMES).columns.days.tolist() == [NUMBER]


def test_times_in_a_format_of_their_own_are_read_by_it():
    column = pa.chunked_array([["02/01/2026 12:00", "2026-01-02"]])

    first, second = days_of(column, "%d/%m/%Y %H:%M")

    assert first == NUMBER
    assert np.isnan(second)


def test_a_format_reads_whole_numbers_too():
    assert days_of(pa.chunked_array([[20260102]]), "%Y%m%d").tolist() == [NUMBER - 0.5]


def test_tabs_part_a_tsv_whatever_else_it_holds(tmp_path):
    path = tmp_path / "log.tsv"
    path.write_text("a, b, c\tx\t1767355200\n")

    found = read_events(path, Names("1", "2", "3", has_header=False)).columns

    assert (found.users.tolist(), found.items.tolist()) == (["a, b, c"], ["x"])


def test_numbers_among_texts_are_times_too_and_a_year_is_a_year():
    column = pa.chunked_array([["1767355200", "bad", "1767355200000", "1970"]])

    assert days_of(column).tolist() == pytest.approx([NUMBER, np.nan, NUMBER, 0], nan_ok=True)


@pytest.mark.parametrize(
    "column",
    [
        pa.array([DAY, None]),
        pa.array([DAY.replace(tzinfo=None), None]),
        pa.array(["2026-01-02T13:00:00+01:00", "never"]),
        pa.array([int(DAY.timestamp()), None]),
        pa.array([DAY.timestamp() * 1000, None]),
    ],
)
def test_moments_are_days_since_1970_whatever_their_type(column):
    first, second = days_of(pa.chunked_array([column]))

    assert first == NUMBER
    assert np.isnan(second)


def test_a_column_of_lists_is_one_event_each_in_order(tmp_path):
    path = tmp_path / "sequences.parquet"
    pa.parquet.write_table(pa.table({"who": [7, 8, 9], "what": [[3, 1], [], [2]]}), path)

    found = read_events(path, Names("who", "what")).columns

    assert found.users.tolist() == [7, 7, 9]
    assert found.items.tolist() == [3, 1, 2]
    assert found.ordered
    assert found.days is None


def test_unusable_rows_are_counted_by_their_reason_and_the_others_read(tmp_path):
    rows = {
        "who": ["a", None, "c", "d", "e"],
        "what": ["x", "y", "x", "y", None],
        "at": ["2026-01-02", "2026-01-02", "soon", "2026-01-03", "soon"],
        "n": [1, 1, 1, 0, 1],
    }
    path = tmp_path / "log.parquet"
    pa.parquet.write_table(pa.table(rows), path)

    found = read_events(path, Names("who", "what", "at", "n"))

    assert found.columns.users.tolist() == ["a"]
    assert found.left_out == {
        "no who": 1, "no what": 1, "at is no time": 1, "n is not above 0": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("log.csv", "who,item\na,x\n", "no column what, at; it has: who, item"),
        ("log.csv", "who,what,at\n", "no usable row: it is empty"),
        (
            "log.csv",
            "who,what,at\na,x,2. 1. 26\n",
            "at is no time .1 rows.*'2. 1. 26'.*--time-format",
        ),
        ("log.csv", "who,what,at\n,x,2026\n", "no usable row: no who .1 rows"),
        ("log.xlsx", "", "ends in .parquet, .csv"),
        ("log.parquet", "no parquet", "can't be read"),
        ("absent.csv", None, "no such file"),
        ("log.csv", "", "can't be read"),
        ("log.csv", "a,x,1767355200\n", "say --no-header"),
    ],
)
def test_what_cannot_be_read_is_said_with_what_to_do(tmp_path, name, text, says):
    path = tmp_path / name
    if text is not None:
        path.write_text(text)

    with pytest.raises(TableFileError, match=says):
        read_events(path, NAMES)


def test_documents_stand_in_the_order_of_the_items(tmp_path):
    path = tmp_path / "items.parquet"
    table = {
        "id": [3, 1, 9],
        "title": ["oak table", None, "tea"],
        "tags": [[5], [6, 7], [8]],
        "kind": ["wood", None, "drink"],
    }
    pa.parquet.write_table(pa.table(table), path)

    made = read_items(path, ItemNames("id", ("title", "tags"), "kind"), np.array([1, 2, 3]))

    assert made.documents == ["entry_6 entry_7", "", "oak table entry_5"]
    assert made.categories.tolist() == [-1, -1, 0]
