"""Lists that differ (models.ranking.diversity)."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.ranking.diversity import diversified

#                    category, seller
LABELS = np.array([[1, 7], [1, 7], [1, 8], [2, 0], [0, 0]])
RELEVANCE = np.array([1.0, 0.9, 0.8, 0.6, 0.5])


@pytest.mark.parametrize(
    ("unlike_ratio", "expected"),
    [
        (0.0, [0, 1, 2, 3, 4]),
        # After 0: item 1 is wholly alike, item 2 by half, 3 and 4 not at all.
        # .6 * .9 - .4 = .14, .6 * .8 - .2 = .28, .6 * .6 = .36, .6 * .5 = .30
        (0.4, [0, 3, 4, 2, 1]),
        (0.2, [0, 2, 1, 3, 4]),  # .8 * .9 - .2 = .52, .8 * .8 - .1 = .54, .48, .40
    ],
)
def test_what_is_like_the_list_waits(unlike_ratio, expected):
    assert diversified(RELEVANCE, LABELS, unlike_ratio, 5).tolist() == expected


def test_what_is_listed_already_counts():
    listed = np.array([[2, 0]])

    chosen = diversified(RELEVANCE, LABELS, 0.4, 2, listed)

    assert chosen.tolist() == [0, 4]  # 3 shares its category: .36 - .2


@given(
    st.lists(
        st.tuples(st.floats(0, 1), st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=20
    ),
    st.floats(0, 1),
    st.integers(1, 30),
)
def test_every_list_is_distinct_and_as_long_as_it_can_be(items, unlike_ratio, k):
    relevance = np.array([item[0] for item in items])
    labels = np.array([item[1:] for item in items])

    chosen = diversified(relevance, labels, unlike_ratio, k)

    assert len(chosen) == len(set(chosen.tolist())) == min(k, len(items))
