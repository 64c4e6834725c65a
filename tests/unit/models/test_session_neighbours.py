"""What sessions like this one went on with (models.retrieval.session_neighbours)."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from models.retrieval.session_neighbours import SessionNeighboursRetriever
from models.retrieval.sparse_rows import largest_of_each_row, last_of_each_row
from tests.unit.models.logs import of_lists as drawn

NOTHING = -np.inf


def plain(**changed):
    """Every history with a common item counts by the number of its common items."""
    settings = {
        "memory_events": 1e9, "length_power": 0.0, "closeness_power": 1.0, "source_power": 0.0,
        "target_power": 0.0,
    }  # fmt: skip
    return SessionNeighboursRetriever(**(settings | changed))


def test_histories_count_by_what_they_have_in_common():
    model = plain().fit(drawn([[0, 1, 2], [1, 3], [4]], 6), [])

    scores = model.score(drawn([[0, 1]], 6))

    assert scores.tolist() == [[2, 3, 2, 1, 0, NOTHING]]


def test_a_power_puts_close_neighbours_above_many_loose_ones():
    model = plain(closeness_power=2.0).fit(drawn([[0, 1, 2], [1, 3], [1, 3], [1, 3]], 4), [])

    scores = model.score(drawn([[0, 1]], 4))

    assert scores.tolist() == [[4, 7, 4, 3]]


def test_older_events_of_the_asking_user_fade():
    model = plain(memory_events=1.0).fit(drawn([[0, 2], [1, 3]], 4), [])

    scores = model.score(drawn([[0, 1]], 4))

    np.testing.assert_allclose(scores, [[np.exp(-1), 1, np.exp(-1), 1]], rtol=1e-6)


def test_long_histories_and_frequent_items_are_damped():
    model = plain(length_power=0.5, source_power=1.0, target_power=2.0)
    model.fit(drawn([[0, 1, 2, 3], [0]], 4), [])

    scores = model.score(drawn([[0]], 4))

    # Item 0 is in two histories, of four items and of one: 1/2 of 1/2, and 1/2 of 1.
    np.testing.assert_allclose(scores, [[0.75 / 4, 0.25, 0.25, 0.25]], rtol=1e-6)


def test_only_the_closest_count_and_of_equal_ones_the_later_ended():
    learned = drawn([[0, 1], [0, 2], [0, 3]], 4, ends=[9, 7, 7])
    model = plain(n_neighbours=2).fit(learned, [])

    scores = model.score(drawn([[0]], 4))

    assert scores.tolist() == [[2, 1, 0, 1]]


def test_an_item_leads_to_its_most_recent_histories_only():
    model = plain(n_recent=1).fit(drawn([[0, 1], [0, 2], [3, 1]], 4, ends=[9, 7, 8]), [])

    scores = model.score(drawn([[0, 3]], 4))

    assert scores.tolist() == [[1, 2, 0, 1]]


def test_an_item_met_twice_in_a_history_counts_once():
    model = plain().fit(drawn([[0, 0, 1, 1]], 2), [])

    scores = model.score(drawn([[0]], 2))

    assert scores.tolist() == [[1, 1]]


def test_the_largest_cells_of_each_row_stay():
    matrix = csr_matrix(np.array([[3, 1, 2, 2], [0, 0, 5, 0]], np.float32))

    kept = largest_of_each_row(matrix, 2)

    assert kept.toarray().tolist() == [[3, 0, 0, 2], [0, 0, 5, 0]]


def test_the_last_cells_of_each_row_stay():
    matrix = csr_matrix(np.array([[3, 1, 2, 2], [0, 0, 5, 0]], np.float32))

    kept = last_of_each_row(matrix, 2)

    assert kept.toarray().tolist() == [[0, 0, 2, 2], [0, 0, 5, 0]]


@pytest.mark.parametrize("rows", [[], [[]], [[], []]])
def test_nothing_can_be_learned_from_no_events(rows):
    model = SessionNeighboursRetriever().fit(drawn(rows, 2), [])

    scores = model.score(drawn([[0], [], [1, 0]], 2))

    assert scores.shape == (3, 2)
    assert np.isneginf(scores).all()


def test_a_user_alone_gets_the_same_answer_as_in_company():
    model = SessionNeighboursRetriever(n_neighbours=2)
    model.fit(drawn([[0, 1, 2, 0], [2, 1, 1], [3, 0, 1, 2]], 5), [])
    asking = drawn([[0, 1, 0], [], [2], [4]], 5)

    together = model.score(asking)

    for user in range(4):
        np.testing.assert_array_equal(model.score(asking.part(np.array([user])))[0], together[user])
    assert together.dtype == np.float32
    assert np.isneginf(together[[1, 3]]).all()
