"""What entries of the streams do to live states (serving.live.telling)."""

import datetime as dt
import json

import pytest

from features.live.intent import Facts
from serving.events.entries import Entry
from serving.live.telling import ClickstreamTelling, shop_telling
from tests.unit.serving.test_purchases import line
from tests.unit.serving.test_recent_views import entry as fields

NOON = dt.datetime(2026, 1, 31, 12, tzinfo=dt.UTC)
FACTS = {5: Facts(10, "Lumo", 1_000)}


def entry(**changes):
    return Entry("1-0", fields(**changes))


def told(*entries):
    return [
        (each.family, each.name, each.act.kind)
        for each in ClickstreamTelling(lambda _: FACTS)(entries)
    ]


def test_an_event_is_told_of_all_whom_it_names_and_of_its_product():
    found = told(entry(customer_id=1, session_id="s", visitor_id="b", product_id=5))

    assert found == [
        ("shopper", "ss", "view"),
        ("shopper", "vb", "view"),
        ("shopper", "c1", "view"),
        ("interest", "5", "view"),
    ]


def test_a_search_is_told_of_the_shopper_alone():
    found = told(entry(customer_id=None, kind="search", product_id=None, query="lamp"))

    assert found == [("shopper", "ss", "search")]


@pytest.mark.parametrize(
    "other",
    [
        entry(kind="impression"),
        entry(kind="click"),  # the view that follows it counts
        Entry("1-0", {"body": "no json"}),
        Entry("1-0", {}),
    ],
)
def test_what_is_no_look_and_no_search_is_passed_over(other):
    assert told(other) == []


@pytest.mark.parametrize(("price_shown_cents", "expected"), [(900, 900), (None, 1_000)])
def test_the_price_that_was_shown_counts_before_the_indexs(price_shown_cents, expected):
    [first, *_] = ClickstreamTelling(lambda _: FACTS)([entry(price_shown_cents=price_shown_cents)])

    assert first.act.facts == Facts(10, "Lumo", expected)
    assert first.act.at == NOON.timestamp()


def test_a_sale_counts_for_its_product_and_what_comes_back_does_not():
    entries = [Entry("1-0", line(5)), Entry("2-0", line(6, kind="return"))]

    assert [(each.family, each.name, each.act.kind) for each in shop_telling(entries)] == [
        ("offer", "5", "purchase")
    ]


def test_a_level_tells_the_units_that_are_left():
    body = {
        "event_id": "e", "occurred_at": NOON.isoformat(), "recorded_at": NOON.isoformat(),
        "product_id": 5, "n_available": 3, "reason": "sold", "warehouse_id": None,
        "n_available_there": None,
    }  # fmt: skip
    [found] = shop_telling([Entry("1-0", {"topic": "stock_levels", "body": json.dumps(body)})])

    assert (found.name, found.act.kind, found.act.n) == ("5", "stock", 3)
