"""The graph filter (models.retrieval.graph_filter): what users with a similar history want."""

import numpy as np
import pytest

from models.retrieval.graph_filter import GraphFilterRetriever
from models.retrieval.histories import histories


def of_table(rows):
    """Histories of a table of weights, one row per user."""
    table = np.array(rows, np.float32)
    users, items = np.nonzero(table)
    return histories(users, items, table[users, items], np.zeros(len(users)), table.shape)


# Degrees of users: 2, 2, 1; of items: 2, 2, 1, 0.
WANTED = of_table(
    [
        [1, 1, 0, 0],
        [0, 1, 1, 0],
        [1, 0, 0, 0],
    ]
)
UNKNOWN = -np.inf  # item 3, which nobody wanted
LINEAR = {"source_exponent": 0, "path_exponent": 0, "target_exponent": 0, "sharpness": 1}


def scores_of(row, **parameters):
    model = GraphFilterRetriever(**{**LINEAR, **parameters}).fit(WANTED, [""] * 4)
    return model.score(of_table([row]))[0].tolist()


@pytest.mark.parametrize(
    ("history", "parameters", "expected"),
    [
        # Item 1 leads to users 0 and 1, and they to items 0, 1 and 1, 2.
        ([0, 1, 0, 0], {}, [1, 2, 1, UNKNOWN]),
        # Each history item of degree 2 counts half.
        ([0, 1, 0, 0], {"source_exponent": 1}, [0.5, 1, 0.5, UNKNOWN]),
        # Item 0 leads to user 0 of degree 2 and user 2 of degree 1.
        ([1, 0, 0, 0], {"path_exponent": 1}, [1.5, 0.5, 0, UNKNOWN]),
        # Items 0 and 1 have degree 2, item 2 has degree 1.
        ([0, 1, 0, 0], {"target_exponent": 1}, [0.5, 1, 1, UNKNOWN]),
        # User 0 shares two items (4 once squared), users 1 and 2 one (1).
        ([1, 1, 0, 0], {"sharpness": 2}, [5, 5, 1, UNKNOWN]),
        # A weight of 9 counts 3.
        ([0, 9, 0, 0], {}, [3, 6, 3, UNKNOWN]),
    ],
)
def test_each_exponent_does_its_part(history, parameters, expected):
    assert scores_of(history, **parameters) == pytest.approx(expected)


def test_only_the_closest_neighbours_count_and_their_equals():
    # To items 0 and 1, user 0 is closest; to item 1 alone, users 0 and 1 are equally close.
    model = GraphFilterRetriever(**LINEAR, max_neighbours=1).fit(WANTED, [""] * 4)

    scores = model.score(of_table([[1, 1, 0, 0], [0, 1, 0, 0]]))

    assert scores.tolist() == [[2, 2, 0, UNKNOWN], [1, 2, 1, UNKNOWN]]


@pytest.mark.parametrize("history", [[0, 0, 0, 0], [0, 0, 0, 5]])
def test_nothing_is_known_of_a_history_that_is_empty_or_of_unknown_items(history):
    assert scores_of(history) == [-np.inf] * 4


def test_a_user_alone_gets_what_they_get_among_others():
    model = GraphFilterRetriever().fit(WANTED, [""] * 4)

    whole = model.score(WANTED)
    alone = model.score(WANTED.part(np.array([1])))

    np.testing.assert_array_equal(alone, whole[[1]])


def test_nobody_is_known_where_nobody_wanted_anything():
    nothing = of_table([[0, 0], [0, 0]])

    scores = GraphFilterRetriever().fit(nothing, ["", ""]).score(of_table([[1, 0]]))

    assert np.isneginf(scores).all()
