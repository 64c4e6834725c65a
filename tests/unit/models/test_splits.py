"""Cutting facts at a day (models.evaluation.splits): nothing from after it gets in."""

from dataclasses import replace

import numpy as np
import pytest

from models.evaluation.splits import Facts
from models.ranking.shown import Impressions

COLUMNS = ("user", "item", "known_on", "occurred_on", "views", "carts", "purchases", "returns")


def facts(*rows, n_users=3, n_items=5):
    """Draw facts as rows of `COLUMNS`."""
    columns = [np.array(column) for column in zip(*rows, strict=True)]
    return Facts(*columns, n_users=n_users, n_items=n_items)


def test_interest_is_weighed_and_halves_in_thirty_days():
    made = facts(
        # user item known occurred v  c  p  r
        (0, 0, 100, 100, 2, 1, 0, 0),
        (0, 1, 70, 70, 0, 0, 1, 0),
    )

    assert made.weights(100).toarray()[0, :2].tolist() == [5.0, 2.5]


def test_what_was_returned_is_no_interest():
    made = facts((0, 0, 99, 99, 0, 0, 1, 0), (0, 0, 100, 100, 0, 0, 0, 1))

    assert made.weights(100).nnz == 0
    assert made.seen(100)[0, 0] == 1


def test_what_became_known_later_is_not_known_yet_though_it_happened_before():
    made = facts((0, 0, 105, 99, 0, 0, 1, 0))

    assert made.weights(100).nnz == 0
    assert made.seen(100).nnz == 0
    assert made.weights(105).nnz == 1


@pytest.mark.parametrize(
    ("row", "counts"),
    [
        ((0, 1, 101, 101, 0, 0, 1, 0), True),
        ((0, 1, 101, 101, 1, 0, 0, 0), False),  # only looked at
        ((0, 0, 101, 101, 0, 0, 1, 0), False),  # dealt with before
        ((0, 1, 101, 99, 0, 0, 1, 0), False),  # happened before, known late
        ((0, 1, 120, 101, 0, 0, 1, 0), False),  # known only after the hold-out
        ((1, 1, 101, 101, 0, 0, 1, 0), False),  # nobody knew the user before
    ],
)
def test_what_counts_as_newly_bought(row, counts):
    made = facts((0, 0, 90, 90, 1, 0, 0, 0), row)

    assert (made.newly_bought(100, 114).nnz == 1) is counts


def test_what_was_shown_is_counted_up_to_the_day_and_no_further():
    acts = facts((0, 0, 99, 99, 1, 0, 0, 0))
    shown = Impressions(
        user=np.array([0, 0, 0, 1]),
        item=np.array([1, 1, 2, 0]),
        known_on=np.array([98, 100, 101, 101]),
        list_number=np.arange(4),
        position=np.ones(4, np.int16),
        outcome=np.zeros(4, np.int8),
        price_cents=np.ones(4, np.float32),
    )
    made = replace(acts, impressions=shown)

    assert made.histories(100).shown.toarray()[:2, :3].tolist() == [[0, 2, 0], [0, 0, 0]]
    assert made.histories(101).shown.toarray()[:2, :3].tolist() == [[0, 2, 1], [1, 0, 0]]
    assert acts.histories(100).shown is None
