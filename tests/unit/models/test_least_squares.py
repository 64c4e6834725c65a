"""Half a sweep of alternating least squares (models.retrieval.least_squares)."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from models.retrieval.least_squares import Side, sweep

OTHERS = np.array([[1, 2], [0, 1], [1, -1]], np.float32)
CONFIDENCES = csr_matrix(np.array([[5, 0, 0], [0, 0, 0], [2, 3, 4], [0, 1, 6]], np.float32))
STRENGTHS = np.array([1, 2, 3, 4], np.float32)


def exactly(row):
    """The first paper's equation: what is stored is wanted, all else is not, with confidence 1."""
    confidences = CONFIDENCES[row].toarray()[0]
    all_ = np.where(confidences > 0, confidences, 1)
    left = OTHERS.T @ np.diag(all_) @ OTHERS + STRENGTHS[row] * np.eye(2)
    return np.linalg.solve(left, OTHERS.T @ confidences)


@pytest.mark.parametrize("n_threads", [1, 2])
def test_as_many_steps_as_factors_solve_the_rows_of_any_length(n_threads):
    begin = np.ones((4, 2), np.float32)

    better, others = sweep(Side(CONFIDENCES, STRENGTHS, n_steps=2), begin, OTHERS, n_threads)

    # Scores don't depend on how the factors are turned.
    expected = np.array([exactly(row) for row in range(4)]) @ OTHERS.T
    np.testing.assert_allclose(better @ others.T, expected, rtol=1e-4, atol=1e-5)
    assert not better[1].any()  # a row that wants nothing


def test_without_steps_the_factors_stay_and_are_turned_with_the_others():
    begin = np.array([[1, 2], [3, 4], [5, 6], [7, 8]], np.float32)

    better, others = sweep(Side(CONFIDENCES, STRENGTHS, n_steps=0), begin, OTHERS, 2)

    gram = others.T @ others
    np.testing.assert_allclose(gram, np.diag(np.diag(gram)), atol=1e-5)
    np.testing.assert_allclose((better @ others.T)[[0, 2, 3]], (begin @ OTHERS.T)[[0, 2, 3]], rtol=1e-5)  # fmt: skip


def test_more_steps_than_there_is_to_solve_change_nothing():
    begin = np.ones((4, 2), np.float32)

    better, others = sweep(Side(CONFIDENCES, STRENGTHS, n_steps=50), begin, OTHERS, 1)

    expected = np.array([exactly(row) for row in range(4)]) @ OTHERS.T
    np.testing.assert_allclose(better @ others.T, expected, rtol=1e-4, atol=1e-5)


def test_what_is_given_is_not_written_to():
    begin, others = np.ones((4, 2), np.float32), OTHERS.copy()

    sweep(Side(CONFIDENCES, STRENGTHS, n_steps=1), begin, others, 2)

    assert (begin == 1).all()
    assert (others == OTHERS).all()


@pytest.mark.parametrize("n_pieces", [1, 2, 3, 50])
def test_pieces_hold_every_row_once(n_pieces):
    cuts = Side(CONFIDENCES, STRENGTHS, 1).pieces(n_pieces)

    assert [row for at in range(n_pieces) for row in range(cuts[at], cuts[at + 1])] == [0, 1, 2, 3]
