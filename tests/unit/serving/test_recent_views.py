"""What customers looked at last, out of stream entries (serving.events.recent)."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.events.newest import N_NEWEST, merged
from serving.events.recent import latest_views


def entry(kind="view", customer_id=1, product_id=5, **changes):
    body = {
        "event_id": "e",
        "occurred_at": "2026-01-31T12:00:00Z",
        "recorded_at": "2026-01-31T12:00:00Z",
        "session_id": "s",
        "customer_id": customer_id,
        "kind": kind,
        "product_id": product_id,
        "query": None,
        "surface": None,
        "position": None,
        "price_shown_cents": None,
    }
    return {"body": json.dumps(body | changes)}


def products(views):
    return {user: [item for item, _ in seen] for user, seen in views.items()}


def test_the_latest_entry_comes_first_for_each_customer():
    entries = [entry(product_id=1), entry(product_id=2), entry(customer_id=2, product_id=3)]

    assert products(latest_views(entries)) == {1: [2, 1], 2: [3]}


@pytest.mark.parametrize(
    "unusable",
    [
        entry(kind="impression"),
        entry(kind="search", product_id=None, query="lamp"),
        entry(customer_id=None),
        {"body": "no json"},
        {"body": "[]"},
        {},
        entry(product_id=-1),
    ],
)
def test_what_no_known_customer_looked_at_is_passed_over(unusable):
    assert products(latest_views([unusable, entry()])) == {1: [5]}


@given(st.lists(st.integers(1, 30)), st.lists(st.integers(1, 30)))
def test_a_merged_list_is_short_without_doubles_and_newest_first(newest, earlier):
    found = merged(newest, earlier)

    assert len(found) == len(set(found)) <= N_NEWEST
    assert set(found) <= {*newest, *earlier}
    assert found[:1] == (newest or earlier)[:1]
    assert merged(newest, found) == found  # read twice after a crash: nothing changes
