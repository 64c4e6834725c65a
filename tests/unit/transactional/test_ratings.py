"""Counting stars (transactional.reviews.ratings)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transactional.reviews.ratings import counted, deltas, mean


@pytest.mark.parametrize(
    ("n_by_stars", "expected"),
    [
        ([0, 0, 0, 0, 0], None),
        ([0, 0, 0, 0, 1], 5.0),
        ([1, 0, 0, 0, 1], 3.0),
        ([0, 0, 0, 2, 1], 4.33),  # 13 / 3
        ([0, 0, 0, 1, 2], 4.67),  # 14 / 3
        ([5, 0, 3, 0, 0], 1.75),  # 14 / 8
        ([7, 1, 0, 0, 0], 1.12),  # 9 / 8 = 1.125, to the even 2
        ([5, 3, 0, 0, 0], 1.38),  # 11 / 8 = 1.375, to the even 8
    ],
)
def test_the_mean_has_two_decimals_half_to_even(n_by_stars, expected):
    assert mean(n_by_stars) == expected


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (None, 4, [0, 0, 0, 1, 0]),
        (4, 2, [0, 1, 0, -1, 0]),
        (4, 4, [0, 0, 0, 0, 0]),
        (1, None, [-1, 0, 0, 0, 0]),
        (None, None, [0, 0, 0, 0, 0]),
    ],
)
def test_a_change_takes_away_what_was_counted_and_adds_what_counts_now(before, after, expected):
    assert deltas(before, after) == expected


def test_a_hidden_review_counts_for_nothing():
    assert (counted("published", 4), counted("hidden", 4)) == (4, None)


@given(st.lists(st.integers(0, 10**6), min_size=5, max_size=5).filter(any))
def test_a_mean_lies_between_one_and_five_stars(n_by_stars):
    assert 1 <= mean(n_by_stars) <= 5
