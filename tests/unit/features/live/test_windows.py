"""Counts over sliding windows (features.live.windows)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.live.windows import N_SLICES, WINDOWS, counted, counts, next_change

NOON = 1_769_860_800.0  # a whole hour: all windows' slices begin here
MINUTE, HOUR = 60, 3_600


def tally_of(*moments):
    tally = {}
    for at in moments:
        counted(tally, at)
    return tally


@pytest.mark.parametrize(
    ("seconds_later", "expected"),
    [
        (0, {"5m": 2, "1h": 2, "24h": 2}),
        (4 * MINUTE, {"5m": 2, "1h": 2, "24h": 2}),
        (5 * MINUTE, {"5m": 0, "1h": 2, "24h": 2}),
        (54 * MINUTE, {"5m": 0, "1h": 2, "24h": 2}),
        (60 * MINUTE, {"5m": 0, "1h": 0, "24h": 2}),
        (23 * HOUR, {"5m": 0, "1h": 0, "24h": 2}),
        (24 * HOUR, {"5m": 0, "1h": 0, "24h": 0}),
    ],
)
def test_what_happened_leaves_each_window_at_its_end(seconds_later, expected):
    assert counts(tally_of(NOON, NOON + 1), NOON + seconds_later) == expected


def test_several_at_once_are_counted_as_such():
    tally = {}
    counted(tally, NOON, 3)

    assert counts(tally, NOON)["1h"] == 3


@given(st.lists(st.floats(0, 2 * WINDOWS["24h"]), min_size=1, max_size=60))
def test_a_count_is_of_at_least_eleven_twelfths_of_the_window_and_never_more_than_it(offsets):
    moments = sorted(NOON + offset for offset in offsets)
    now = moments[-1]

    found = counts(tally_of(*moments), now)

    for window, seconds in WINDOWS.items():
        least = sum(at > now - seconds * (N_SLICES - 1) / N_SLICES for at in moments)
        most = sum(at > now - seconds - 1e-6 for at in moments)
        assert least <= found[window] <= most


@given(st.lists(st.floats(0, 3 * WINDOWS["24h"]), min_size=1, max_size=200))
def test_however_much_happens_little_is_kept(offsets):
    tally = tally_of(*(NOON + offset for offset in offsets))

    assert all(len(slices) <= N_SLICES for slices in tally.values())


@given(st.lists(st.floats(0, 2 * WINDOWS["24h"]), min_size=1, max_size=20), st.randoms())
def test_late_events_count_like_those_in_order(offsets, random):
    moments = [NOON + offset for offset in offsets]
    mixed = random.sample(moments, len(moments))

    assert counts(tally_of(*mixed), max(moments)) == counts(
        tally_of(*sorted(moments)), max(moments)
    )


def test_counts_stay_until_they_are_said_to_change():
    tally = tally_of(NOON, NOON + 10 * MINUTE)
    now, changes = NOON + 10 * MINUTE, []
    while (at := next_change(tally, now)) is not None:
        assert counts(tally, at - 0.001) == counts(tally, now)
        assert counts(tally, at) != counts(tally, now)
        changes.append(at - NOON)
        now = at

    assert changes == [15 * MINUTE, 60 * MINUTE, 70 * MINUTE, 24 * HOUR]
    assert set(counts(tally, now).values()) == {0}
