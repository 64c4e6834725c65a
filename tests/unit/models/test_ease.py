"""EASE (models.retrieval.ease): each item predicted from all others."""

import numpy as np
import pytest

from models.retrieval.ease import EASERetriever
from models.retrieval.histories import histories


def of_table(rows):
    """Histories of a table of weights, one row per user."""
    table = np.array(rows, np.float32)
    users, items = np.nonzero(table)
    return histories(users, items, table[users, items], np.zeros(len(users)), table.shape)


WANTED = of_table(
    [
        [1, 1, 0],
        [1, 0, 0],
    ]
)


def test_the_weights_are_the_ridge_regression_of_each_item_on_the_others():
    # Gram matrix [[2, 1], [1, 1]]; with lambda 1, item 1 from item 0 is 1 / (2 + 1), and item 0
    # from item 1 is 1 / (1 + 1).
    model = EASERetriever(regularization=1).fit(WANTED, [""] * 3)

    scores = model.score(of_table([[1, 0, 0], [0, 2, 0]]))

    np.testing.assert_allclose(scores[:, :2], [[0, 1 / 3], [1, 0]], atol=1e-6)


def test_unknown_items_and_those_who_want_nothing_else_have_no_scores():
    model = EASERetriever(regularization=1).fit(WANTED, [""] * 3)

    scores = model.score(of_table([[0, 0, 0], [0, 0, 1], [1, 0, 1]]))

    assert np.isneginf(scores).tolist() == [[True] * 3, [True] * 3, [False, False, True]]


def test_nobody_is_known_where_nobody_wanted_anything():
    model = EASERetriever().fit(of_table([[0]]), [""])

    assert np.isneginf(model.score(of_table([[1]]))).all()


def test_a_catalogue_too_large_for_memory_is_refused():
    with pytest.raises(ValueError, match="3 items are more than the 2 "):
        EASERetriever(max_items=2).fit(WANTED, [""] * 3)
