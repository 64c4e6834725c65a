"""Files of listings, read into rows (transactional.catalogue.imports.files)."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transactional.catalogue.imports.files import MAX_ROWS, FileProblem, FileTypeProblem, read_rows


def csv_rows(text):
    return [
        (row.row_number, row.fields, row.wrong and row.wrong.field)
        for row in read_rows(text.encode(), "text/csv")
    ]


def json_rows(*lines):
    found = read_rows("\n".join(lines).encode(), "application/x-ndjson; charset=utf-8")
    return [(row.row_number, row.fields, row.wrong and row.wrong.field) for row in found]


def test_a_csv_has_a_row_for_each_line_and_an_empty_cell_is_left_out():
    text = (
        '\ufeffexternal_id,title,brand,attribute.size\r\nA,Lamp,,M\r\n\r\nB,"Big, red\n lamp",X\r\n'
    )

    assert csv_rows(text) == [
        (1, {"external_id": "A", "title": "Lamp", "attributes": {"size": "M"}}, None),
        (2, {"external_id": "B", "title": "Big, red\n lamp", "brand": "X"}, None),
    ]


def test_a_row_that_cannot_be_read_is_that_rows_to_report():
    assert csv_rows("external_id,title\nA,Lamp,9\nB,Bulb") == [
        (1, {}, "row"),
        (2, {"external_id": "B", "title": "Bulb"}, None),
    ]
    assert json_rows('{"external_id": "A"}', "", "{oops", "[1]", "[" * 9999) == [
        (1, {"external_id": "A"}, None),
        (2, {}, "row"),
        (3, {}, "row"),
        (4, {}, "row"),
    ]


def test_of_two_rows_with_one_code_the_first_counts():
    assert csv_rows("external_id,seller_id,price_cents\nA,1,5\nA,2,6\nA,1,7") == [
        (1, {"external_id": "A", "seller_id": "1", "price_cents": "5"}, None),
        (2, {"external_id": "A", "seller_id": "2", "price_cents": "6"}, None),
        (3, {"external_id": "A", "seller_id": "1", "price_cents": "7"}, "external_id"),
    ]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"external_id,titel\nA,Lamp", "Unknown columns: titel"),
        (b"title\nLamp", "must name external_id"),
        (b"external_id,title,title\nA,a,b", "each column once"),
        (b"external_id\nA\n\xff", "not UTF-8: see byte 14"),
        (b'external_id,title\nA,"never closed', "broken at line 2"),
        (b"external_id,title\n", "no rows"),
        (b"", "must name external_id"),
        (b"external_id\n" + b"A\n" * (MAX_ROWS + 1), "at most 10000 rows"),
    ],
)
def test_a_file_that_cannot_be_read_as_a_whole_is_refused_with_what_to_do(content, told):
    with pytest.raises(FileProblem, match=told):
        read_rows(content, "text/csv")


def test_a_type_that_is_not_known_is_refused():
    with pytest.raises(FileTypeProblem, match="text/csv, application/x-ndjson"):
        read_rows(b"PK", "application/zip")


@given(st.lists(st.text() | st.dictionaries(st.text(), st.none() | st.text() | st.integers())))
def test_any_lines_are_read_row_by_row_or_refused_as_a_whole(lines):
    text = "\n".join(json.dumps(line) if isinstance(line, dict) else line for line in lines)

    for media_type in ("text/csv", "application/jsonl"):
        try:
            rows = read_rows(text.encode("utf-8", "surrogatepass"), media_type)
        except FileProblem:
            continue
        assert [row.row_number for row in rows] == list(range(1, len(rows) + 1))
