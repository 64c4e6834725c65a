"""One class per table: every other form of it is derived (features.schemas)."""

import datetime as dt
import json
from pathlib import Path
from typing import Annotated, Literal

import pyarrow as pa
import pytest
from jsonschema import Draft202012Validator
from pydantic import AwareDatetime, Field, ValidationError

from features.schemas.arrow import arrow_schema
from features.schemas.column import columns
from features.schemas.dictionary import dictionary
from features.schemas.lake import DERIVED
from features.schemas.logs import LOGS, ClickstreamEvent, OrderLine
from features.schemas.message import message_schema
from features.schemas.row import Row
from features.schemas.spark import struct_type

TABLES = [*LOGS, *DERIVED]
DICTIONARY = Path(__file__).parents[3] / "docs" / "data-dictionary.md"


class Example(Row):
    """Every kind of column there is."""

    table = "examples"
    key = ("number",)

    number: Annotated[int, Field(ge=1, le=9, description="a number")]
    text: Annotated[str | None, Field(max_length=5)]
    kind: Literal["a", "b"]
    ratio: float
    is_good: bool
    at: AwareDatetime
    ids: list[int]
    date: dt.date


def test_a_class_becomes_a_spark_schema():
    schema = struct_type(Example)

    assert [(f.name, f.dataType.simpleString(), f.nullable) for f in schema] == [
        ("number", "bigint", False),
        ("text", "string", True),
        ("kind", "string", False),
        ("ratio", "double", False),
        ("is_good", "boolean", False),
        ("at", "timestamp", False),
        ("ids", "array<bigint>", False),
        ("date", "date", False),
    ]


def test_a_class_becomes_an_arrow_schema():
    schema = arrow_schema(Example)

    assert dict(zip(schema.names, schema.types, strict=True)) == {
        "number": pa.int64(),
        "text": pa.string(),
        "kind": pa.string(),
        "ratio": pa.float64(),
        "is_good": pa.bool_(),
        "at": pa.timestamp("us", tz="UTC"),
        "ids": pa.list_(pa.int64()),
        "date": pa.date32(),
    }


def test_a_columns_limits_are_read_from_its_field():
    number, text, kind, *_ = columns(Example)

    assert (number.ge, number.le, number.description) == (1, 9, "a number")
    assert (text.max_length, text.nullable) == (5, True)
    assert (kind.type, kind.options) == (str, ("a", "b"))


@pytest.mark.parametrize("row", TABLES, ids=lambda row: row.table)
def test_spark_and_arrow_agree_on_every_table(row):
    assert struct_type(row).names == arrow_schema(row).names == list(row.model_fields)
    assert set(row.key) <= set(row.model_fields)
    assert row.model_fields.keys() >= {"date"}


def test_no_two_tables_share_a_name():
    assert len({row.table for row in TABLES}) == len(TABLES)


CLICK = {
    "event_id": "e1",
    "occurred_at": "2024-05-01T10:00:00Z",
    "recorded_at": "2024-05-01T10:00:01Z",
    "session_id": "s",
    "customer_id": None,
    "kind": "view",
    "product_id": 5,
    "query": None,
    "surface": None,
    "position": None,
    "price_shown_cents": None,
}


@pytest.mark.parametrize(
    "changed",
    [{}, {"kind": "stare"}, {"product_id": "five"}, {"session_id": ""}, {"colour": "red"}],
    ids=str,
)
def test_the_json_schema_allows_what_the_class_allows(changed):
    message = CLICK | changed
    validator = Draft202012Validator(message_schema(ClickstreamEvent))

    try:
        row = json.dumps(message | {"date": "2024-05-01"})
        ClickstreamEvent.model_validate_json(row, strict=True)
        is_row = True
    except ValidationError:
        is_row = False

    assert validator.is_valid(message) == is_row == (not changed)


def test_a_message_has_no_partition():
    schema = message_schema(OrderLine)

    assert "date" not in schema["properties"]
    assert "date" not in schema["required"]
    assert schema["$id"] == "/schemas/order_lines"


def test_the_data_dictionary_is_current():
    assert DICTIONARY.read_text() == dictionary(), "run `make dictionary` and commit the page"
