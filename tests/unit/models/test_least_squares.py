"""Half a sweep of alternating least squares (models.retrieval.least_squares)."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from models.retrieval import least_squares
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


@pytest.mark.parametrize("longer", [1.1, 10], ids=["one by one", "filled up to one length"])
def test_as_many_steps_as_factors_solve_the_rows_of_any_length(longer, monkeypatch):
    monkeypatch.setattr(least_squares, "LONGER", longer)
    begin = np.ones((4, 2), np.float32)

    better, others = sweep(Side(CONFIDENCES, STRENGTHS, n_steps=2), begin, OTHERS, 1)

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


def test_all_rows_but_the_empty_are_worked_on_once(monkeypatch):
    monkeypatch.setattr(least_squares, "N_NUMBERS_AT_ONCE", 4)

    batches = list(Side(CONFIDENCES, STRENGTHS, 1).batches(n_factors=2))

    assert sorted(np.concatenate(batches).tolist()) == [0, 2, 3]
