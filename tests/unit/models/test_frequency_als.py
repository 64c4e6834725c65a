"""Factorisation with regularisation by frequency (models.retrieval.frequency_als)."""

import numpy as np
import pytest

from models.retrieval.frequency_als import ALSRetriever
from models.retrieval.histories import histories


def of_table(rows):
    """Histories of a table of weights, one row per user."""
    table = np.array(rows, np.float32)
    users, items = np.nonzero(table)
    return histories(users, items, table[users, items], np.zeros(len(users)), table.shape)


# Two tastes; user 2 has not met item 2 yet, user 5 not item 5, and nobody item 6.
TWO_TASTES = of_table(
    [
        [1, 1, 1, 0, 0, 0, 0],
        [1, 1, 1, 0, 0, 0, 0],
        [1, 1, 0, 0, 0, 0, 0],
        [0, 0, 0, 1, 1, 1, 0],
        [0, 0, 0, 1, 1, 1, 0],
        [0, 0, 0, 1, 1, 0, 0],
    ]
)


def fitted(**parameters):
    return ALSRetriever(n_factors=2, **parameters).fit(TWO_TASTES, [""] * 7)


@pytest.mark.parametrize("frequency_exponent", [0, 0.5, 1])
def test_the_missing_item_of_a_taste_is_the_best_of_those_not_wanted_yet(frequency_exponent):
    scores = fitted(frequency_exponent=frequency_exponent).score(TWO_TASTES)

    assert scores[2, 2:].argmax() == 0
    assert scores[5, [0, 1, 2, 5]].argmax() == 3


def test_a_history_is_solved_for_as_the_paper_has_it():
    # One factor, two items of factors 1 and 2, alpha 10, lambda 0.1 and nu 0, hence a
    # regularisation of 0.1 * 10 = 1, that is 1.5 to the power of 0. Somebody who wants item 0:
    # x (1 + 4 + 9 + 1) = 10.
    model = ALSRetriever(n_factors=1, regularization=0.1, alpha=10, frequency_exponent=0)
    model.item_factors_ = np.array([[1], [2]], np.float32)

    scores = model.score(of_table([[1, 0]]))

    np.testing.assert_allclose(scores, [[10 / 15, 20 / 15]], rtol=1e-5)


def test_the_frequent_are_regularised_more():
    # nu 1: 0.1 * 10 * (1 + 2 / 10) = 1.2, to the nearest power of 1.5, is 1; with both items
    # 2.2 becomes 2.25. x (5 + 9 + 36 + 2.25) = 10 + 20.
    model = ALSRetriever(n_factors=1, regularization=0.1, alpha=10, frequency_exponent=1)
    model.item_factors_ = np.array([[1], [2]], np.float32)

    scores = model.score(of_table([[1, 0], [1, 1]]))

    np.testing.assert_allclose(scores[:, 0], [10 / 15, 30 / 52.25], rtol=1e-5)


def test_an_item_that_nobody_wanted_and_those_who_want_nothing_else_have_no_scores():
    scores = fitted().score(of_table([[0] * 7, [0, 0, 0, 0, 0, 0, 1], [1, 0, 0, 0, 0, 0, 0]]))

    assert np.isneginf(scores).tolist() == [[True] * 7, [True] * 7, [False] * 6 + [True]]


def test_the_same_seed_gives_the_same_scores_and_a_user_alone_theirs():
    whole = fitted(seed=3).score(TWO_TASTES)
    again = fitted(seed=3, n_threads=2).score(TWO_TASTES.part(np.array([4])))

    np.testing.assert_allclose(again, whole[[4]], rtol=1e-5)


def test_zero_interactions_are_refused():
    with pytest.raises(ValueError, match="zero interactions"):
        ALSRetriever().fit(of_table([[0, 0]]), ["", ""])
