"""Which raw rows are rows of a log, and why the others are not (features.expectations.reasons)."""

import pytest

from features.expectations.reasons import judge
from features.schemas.column import columns
from features.schemas.logs import ClickstreamEvent, OrderLine
from features.schemas.row import REJECT
from features.transforms.catalogue import mark_unknown_products
from features.transforms.redelivery import mark_redelivered
from tests.tables import raw, rows, table

pytestmark = pytest.mark.spark

GOOD_LINE = {
    "event_id": "e1",
    "occurred_at": "2024-05-01T10:00:00+00:00",
    "recorded_at": "2024-05-01T10:00:01Z",
    "order_id": "7",
    "line_number": "1",
    "customer_id": None,
    "product_id": "5",
    "kind": "sale",
    "quantity": "2",
    "unit_price_cents": "1999",
    "currency": "EUR",
    "region": None,
    "date": "2024-05-01",
}


def one_line(spark, **changed):
    line = GOOD_LINE | changed
    types = ", ".join(f"{name} string" for name in line)
    frame = spark.createDataFrame([tuple(line.values())], types)
    return frame.withColumn("date", frame["date"].cast("date"))


def reasons(judged):
    return judged.first()["reasons"]


def test_a_good_row_is_typed_and_has_no_reason_against_it(spark):
    judged = judge(one_line(spark), OrderLine)

    row = judged.first()
    assert row["reasons"] == []
    assert (row["order_id"], row["quantity"], row["unit_price_cents"]) == (7, 2, 1999)


BAD_ROWS = [
    ({"product_id": None}, "product_id: missing"),
    ({"quantity": "two"}, "quantity: not a whole number"),
    ({"quantity": "1.5"}, "quantity: not a whole number"),
    ({"quantity": "0"}, "quantity: below 1"),
    ({"quantity": "100001"}, "quantity: above 100000"),
    ({"unit_price_cents": "0"}, "unit_price_cents: below 1"),
    ({"kind": "gift"}, "kind: not one of sale, return"),
    ({"currency": "eur"}, "currency: not like ^[A-Z]{3}$"),
    ({"event_id": ""}, "event_id: shorter than 1"),
    ({"region": "x" * 81}, "region: longer than 80"),
    ({"occurred_at": "yesterday"}, "occurred_at: not a time with an offset"),
    ({"occurred_at": "2024-05-01T10:00:00"}, "occurred_at: not a time with an offset"),
    ({"occurred_at": "2024-05-01"}, "occurred_at: not a time with an offset"),
    ({"occurred_at": "2024-05-01T12:00:00+00:00"}, "occurred_at: after recorded_at"),
    ({"reject_reason": "not a product: stock code POST"}, "not a product: stock code POST"),
]


@pytest.fixture(scope="module")
def reasons_of_bad_rows(spark):
    """The reasons against each of `BAD_ROWS`, judged together: a query each would take a minute."""
    lines = [GOOD_LINE | {REJECT: None} | changed for changed, _ in BAD_ROWS]
    numbered = [(str(n), *line.values()) for n, line in enumerate(lines)]
    types = ", ".join(f"{name} string" for name in ("n", *lines[0]))
    frame = spark.createDataFrame(numbered, types)
    judged = judge(frame.withColumn("date", frame["date"].cast("date")), OrderLine)
    return dict(judged.selectExpr("int(raw.n)", "reasons").collect())


@pytest.mark.parametrize("n", range(len(BAD_ROWS)), ids=[reason for _, reason in BAD_ROWS])
def test_a_bad_row_is_told_why(reasons_of_bad_rows, n):
    _, reason = BAD_ROWS[n]

    assert reasons_of_bad_rows[n] == [reason]


def test_a_row_keeps_all_reasons_and_its_text_as_it_came(spark):
    judged = judge(one_line(spark, quantity="-3", currency="£"), OrderLine)

    row = judged.first()
    assert row["reasons"] == ["quantity: below 1", "currency: not like ^[A-Z]{3}$"]
    assert row["raw"]["quantity"] == "-3"


def test_the_text_of_a_time_is_read_with_its_offset(spark):
    judged = judge(one_line(spark, occurred_at="2024-05-01T12:00:00+02:00"), OrderLine)

    assert rows(judged.selectExpr("cast(occurred_at as string) as at"), "at") == [
        ("2024-05-01 10:00:00",)
    ]


def test_a_click_needs_a_product_unless_it_is_a_search(spark):
    names = [column.name for column in columns(ClickstreamEvent) if column.name != "date"]
    clicks = raw(
        spark,
        """
        event_id | session_id | kind   | product_id | query | date
        ---------+------------+--------+------------+-------+-----------
        e1       | s          | view   |            |       | 2024-05-01
        e2       | s          | search |            | lamp  | 2024-05-01
        e3       | s          | search |            |       | 2024-05-01
    """,
    )
    for name in set(names) - set(clicks.columns):
        text = "2024-05-01T10:00:00Z" if name.endswith("_at") else None
        clicks = clicks.selectExpr(
            "*", f"cast({'null' if text is None else repr(text)} as string) {name}"
        )

    judged = judge(clicks, ClickstreamEvent)

    assert rows(judged, "event_id", "reasons") == [
        ("e1", ["product_id: missing for kind impression or click or view or cart or purchase"]),
        ("e2", []),
        ("e3", ["query: missing for kind search"]),
    ]


def test_only_the_first_delivery_of_an_event_counts(spark):
    lines = one_line(spark).unionByName(one_line(spark)).unionByName(one_line(spark, event_id="e2"))
    nothing_earlier = table(spark, OrderLine, "event_id | date\n---")

    marked = mark_redelivered(judge(lines, OrderLine), nothing_earlier)

    assert rows(marked, "event_id", "reasons") == [
        ("e1", ["event_id: delivered before"]),
        ("e1", []),
        ("e2", []),
    ]


def test_an_event_counts_again_only_when_it_did_not_for_seven_days(spark):
    """A day's rows are judged alike in a range and alone: the last that counted is what matters."""
    days = ["2024-05-02", "2024-05-08", "2024-05-09", "2024-05-10"]
    lines = one_line(spark, date=days[0])
    for day in days[1:]:
        lines = lines.unionByName(one_line(spark, date=day))
    earlier = table(spark, OrderLine, "event_id | date\n---\ne1 | 2024-05-01")

    marked = mark_redelivered(judge(lines, OrderLine), earlier)

    assert rows(marked.selectExpr("cast(date as string) as day", "reasons"), "day", "reasons") == [
        ("2024-05-02", ["event_id: delivered before"]),
        ("2024-05-08", ["event_id: delivered before"]),
        ("2024-05-09", []),
        ("2024-05-10", ["event_id: delivered before"]),
    ]


def test_a_bad_row_may_be_sent_again_mended(spark):
    bad = one_line(spark, quantity="0")
    mended = one_line(spark, date="2024-05-02")

    marked = mark_redelivered(
        judge(bad.unionByName(mended), OrderLine), table(spark, OrderLine, "event_id | date\n---")
    )

    assert rows(marked, "reasons") == [(["quantity: below 1"],), ([],)]


def test_a_row_recorded_after_the_day_it_lies_in_is_from_the_future(spark):
    judged = judge(one_line(spark, date="2024-04-30"), OrderLine)

    assert reasons(judged) == ["recorded_at: after the day"]


def test_a_product_must_be_in_the_catalogue_by_the_day_of_the_row(spark):
    versions = spark.createDataFrame([(5, "2024-05-02")], "product_id bigint, date string")
    versions = versions.withColumn("date", versions["date"].cast("date"))
    lines = one_line(spark).unionByName(one_line(spark, event_id="e2", date="2024-05-02"))

    marked = mark_unknown_products(judge(lines, OrderLine), versions)

    assert rows(marked, "event_id", "reasons") == [
        ("e1", ["product_id: not in the catalogue"]),
        ("e2", []),
    ]
