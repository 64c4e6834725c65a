"""The page on how fresh everything is (serving.freshness.page)."""

import datetime as dt

from serving.freshness.page import page, plot
from serving.freshness.reading import end_of, milliseconds
from serving.freshness.schemas import (
    Age,
    Freshness,
    GroupLag,
    HopLag,
    MinuteLag,
    StreamLength,
    WorkerSeen,
)

NOON = dt.datetime(2026, 1, 31, 12, tzinfo=dt.UTC)


def told(**changes):
    return Freshness(
        **{
            "at": NOON,
            "streams": [],
            "workers": [],
            "hops": [],
            "minutes": [],
            "ages": [],
        }
        | changes
    )


def minute(number, p99):
    return MinuteLag(at=NOON + dt.timedelta(minutes=number), p50=p99 / 2, p99=p99)


def test_all_that_is_known_is_on_the_page():
    group = GroupLag(group="live_states", n_pending=2, n_unread=3, seconds_behind=0.25)
    age = Age(what="search index", version="v<1>", as_of=NOON, age_seconds=5_400.0)

    found = page(
        told(
            streams=[StreamLength(stream="clickstream", n_entries=7, groups=[group])],
            hops=[HopLag(hop="answerable", last=0.004, p50=0.005, p99=0.5, n=9)],
            workers=[WorkerSeen(worker="states", seconds_ago=1.5)],
            ages=[age],
        )
    )

    assert "<td>clickstream</td><td>7</td><td>live_states</td><td>3</td><td>2</td>" in found
    assert "<td>4.0 ms</td><td>5.0 ms</td><td>500.0 ms</td><td>9</td>" in found
    assert "states: seen 1.5 s ago" in found
    assert "<td>v&lt;1&gt;</td>" in found
    assert "<td>1.5 h</td>" in found


def test_a_page_of_nothing_says_so():
    found = page(told(streams=[StreamLength(stream="answers", n_entries=0, groups=[])]))

    assert "No worker was seen" in found
    assert "None." in found
    assert "<td>answers</td><td>0</td><td>none</td>" in found


def test_the_highest_p99_touches_the_top_and_time_goes_to_the_right():
    found = plot([minute(0, 0.1), minute(1, 0.2), minute(2, 0.05)])

    assert 'points="30.0,90.0 325.0,45.0 620.0,112.5"' in found  # the p99
    assert "200.0 ms" in found
    assert "12:00" in found
    assert "12:02" in found


def test_one_minute_is_no_plot():
    assert "svg" not in plot([minute(0, 0.1)])


def test_what_is_made_of_a_day_knows_what_was_known_at_its_end():
    assert end_of("2026-01-30") == NOON - dt.timedelta(hours=12)
    assert milliseconds("1769860800000-5") == NOON.timestamp() * 1_000
