"""Factorisation with regularisation by frequency (models.retrieval.als)."""

import numpy as np
import pytest

from models.retrieval.als import ALSRetriever, folded_in
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
    return ALSRetriever(**{"n_factors": 2, "n_iterations": 10, **parameters}).fit(
        TWO_TASTES, [""] * 7
    )


@pytest.mark.parametrize("frequency_exponent", [0, 0.5, 1])
def test_the_missing_item_of_a_taste_is_the_best_of_those_not_wanted_yet(frequency_exponent):
    scores = fitted(frequency_exponent=frequency_exponent).score(TWO_TASTES)

    assert scores[2, 2:].argmax() == 0
    assert scores[5, [0, 1, 2, 5]].argmax() == 3


@pytest.mark.parametrize(
    ("history", "frequency_exponent", "expected"),
    [
        # One factor, items of factors 1 and 2 (Gram matrix 5), alpha 10, lambda 0.1: at nu 0 the
        # regularisation is 0.1 * 10 = 1, and who wants item 0 has x (5 + 9 + 1) = 10.
        ([1, 0], 0, 10 / 15),
        # At nu 1 it is 1 * (1 + 2 / 10).
        ([1, 0], 1, 10 / 15.2),
        # More items than factors: x (5 + 9 + 36 + 2.2) = 10 + 20.
        ([1, 1], 1, 30 / 52.2),
    ],
)
def test_a_history_is_solved_for_as_the_papers_have_it(history, frequency_exponent, expected):
    model = ALSRetriever(1, regularization=0.1, alpha=10, frequency_exponent=frequency_exponent)
    model.item_factors_, model.spectrum_ = np.array([[1], [2]], np.float32), np.float32([5])

    scores = model.score(of_table([history]))

    np.testing.assert_allclose(scores, [[expected, 2 * expected]], rtol=1e-5)


def test_few_items_are_solved_as_many_are():
    own = np.array([[1, 2, 3], [0, 1, -1]], np.float32)
    confidences, diagonal = np.array([5, 1], np.float32), np.array([1, 2, 4], np.float32)
    left = own.T @ np.diag(confidences - 1) @ own + np.diag(diagonal)

    factors = folded_in(own, confidences, diagonal)

    np.testing.assert_allclose(left @ factors, own.T @ confidences, rtol=1e-4, atol=1e-5)


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
