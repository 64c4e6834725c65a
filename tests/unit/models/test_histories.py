"""What users did, in order (models.retrieval.histories)."""

from dataclasses import replace

import numpy as np

from models.retrieval.histories import histories
from tests.unit.models.logs import drawn, rows_of


def test_events_are_put_in_order_by_user_and_time_and_equal_times_stay():
    made = histories(
        users=np.array([1, 0, 1, 1]),
        items=np.array([5, 6, 7, 8]),
        weights=np.array([1, 2, 3, 4], np.float32),
        days=np.array([2.0, 9.0, 1.0, 2.0]),
        shape=(3, 10),
    )

    assert rows_of(made) == [[6], [7, 5, 8], []]
    assert made.weights.tolist() == [2, 3, 1, 4]


def test_a_matrix_adds_up_what_came_again():
    assert drawn("0 1 0", "2").matrix().toarray().tolist() == [[2, 1, 0], [0, 0, 1]]


def test_parts_come_in_the_order_asked_for_and_may_be_empty():
    made = drawn("0 1", "", "2")

    assert rows_of(made.part(np.array([2, 0, 1, 2]))) == [[2], [0, 1], [], [2]]
    assert rows_of(made.part(np.array([], int))) == []


def test_the_last_events_are_kept():
    assert rows_of(drawn("0 1 2", "3", "").last(2)) == [[1, 2], [3], []]


def test_pieces_together_are_the_whole():
    made = drawn("0", "1", "2 3")

    pieces = list(made.chunks(2))

    assert [(chunk.start, chunk.stop) for chunk, _ in pieces] == [(0, 2), (2, 3)]
    assert [row for _, piece in pieces for row in rows_of(piece)] == [[0], [1], [2, 3]]


def test_how_many_events_follow_each():
    assert drawn("0 1 2", "3").n_later.tolist() == [2, 1, 0, 0]


def test_what_was_shown_goes_with_its_users_and_is_dropped_with_their_events():
    log = replace(drawn("0 1", "", "2"), shown=drawn("0", "1 1", "2").matrix())

    assert log.part(np.array([1, 0])).shown.toarray().tolist() == [[0, 2, 0], [1, 0, 0]]
    assert log.last(1).shown is None  # nobody knows which of it came last
