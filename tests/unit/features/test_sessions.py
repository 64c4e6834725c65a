"""Cutting a day's clickstream into visits (features.transforms.sessions)."""

import datetime as dt
import itertools
from collections import defaultdict

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from features.schemas.logs import ClickstreamEvent
from features.transforms.sessions import COLUMNS, COUNTED, GAP_SECONDS, sessions
from tests.tables import arrow

DAY = dt.date(2024, 5, 1)
MIDNIGHT = dt.datetime(2024, 5, 1, tzinfo=dt.UTC)


def visits(text, *columns):
    found = sessions(arrow(ClickstreamEvent, text).select(COLUMNS), pa.scalar(DAY))
    return sorted((tuple(row[c] for c in columns) for row in found.to_pylist()), key=repr)


def test_a_gap_of_thirty_minutes_begins_a_new_visit_and_one_second_less_does_not():
    text = """
        session_id | customer_id | kind | occurred_at
        -----------+-------------+------+--------------------
        a          |             | view | 2024-05-01T10:00:00
        a          |             | view | 2024-05-01T10:29:59
        a          |             | cart | 2024-05-01T10:59:59
    """

    assert visits(text, "visitor_id", "n_events", "n_views", "n_carts") == [
        ("sa", 1, 0, 1),
        ("sa", 2, 2, 0),
    ]


def test_a_customer_is_one_visitor_on_two_devices_and_guests_are_known_by_the_client_session():
    text = """
        session_id | customer_id | kind   | occurred_at
        -----------+-------------+--------+--------------------
        phone      | 7           | search | 2024-05-01T10:00:00
        laptop     | 7           | view   | 2024-05-01T10:10:00
        phone      |             | view   | 2024-05-01T10:05:00
        7          |             | view   | 2024-05-01T10:05:00
    """

    assert visits(text, "visitor_id", "user_id", "n_events", "n_searches") == [
        ("c7", 7, 2, 1),
        ("s7", None, 1, 0),
        ("sphone", None, 1, 0),
    ]


def test_a_visit_is_named_by_visitor_and_first_second_whatever_the_order_of_arrival():
    text = """
        session_id | customer_id | kind | occurred_at
        -----------+-------------+------+--------------------
        a          |             | view | 2024-05-01T10:20:00
        a          |             | view | 2024-05-01T10:00:00
    """
    first, last = MIDNIGHT.replace(hour=10), MIDNIGHT.replace(hour=10, minute=20)

    assert visits(text, "session_key", "started_at", "ended_at") == [
        (f"sa-{int(first.timestamp())}", first, last)
    ]


def test_a_day_without_events_has_no_visits():
    assert visits("session_id | customer_id | kind | occurred_at\n---", "session_key") == []


EVENT = st.tuples(
    st.sampled_from("abc"),
    st.sampled_from([None, 1, 2]),
    st.sampled_from(sorted(COUNTED)),
    st.integers(0, 86_399),
)


@given(st.lists(EVENT, max_size=60))
def test_visits_partition_the_events_and_hold_no_long_gap(events):
    visitors = defaultdict(list)
    for client, customer, _, second in events:
        visitors[f"s{client}" if customer is None else f"c{customer}"].append(second)
    rows = [(c, u, k, MIDNIGHT + dt.timedelta(seconds=s)) for c, u, k, s in events]
    arrays = [list(column) for column in zip(*rows, strict=True)] or [[], [], [], []]
    types = [pa.string(), pa.int64(), pa.string(), pa.timestamp("us", tz="UTC")]
    table = pa.table({n: pa.array(a, t) for n, a, t in zip(COLUMNS, arrays, types, strict=True)})

    found = sessions(table, pa.scalar(DAY)).to_pylist()

    spans = defaultdict(list)
    for visit in found:
        start, end = (
            int((visit[n] - MIDNIGHT).total_seconds()) for n in ("started_at", "ended_at")
        )
        inside = sorted(s for s in visitors[visit["visitor_id"]] if start <= s <= end)
        assert visit["n_events"] == len(inside) == sum(visit[n] for n in COUNTED.values())
        assert all(b - a < GAP_SECONDS for a, b in itertools.pairwise(inside))
        spans[visit["visitor_id"]].append((start, end))
    assert sum(visit["n_events"] for visit in found) == len(events)
    for of_one in spans.values():
        ordered = sorted(of_one)
        assert all(b[0] - a[1] >= GAP_SECONDS for a, b in itertools.pairwise(ordered))
