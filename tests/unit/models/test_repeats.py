"""What users come back to (models.retrieval.repeats, .meetings)."""

from dataclasses import dataclass, field

import numpy as np
import pytest

from models.retrieval.meetings import NEVER, meetings
from models.retrieval.repeats import RepeatsRetriever, shrunk
from tests.unit.models.logs import of_lists as drawn

NOTHING = -np.inf


@dataclass
class Fixed:
    """Wants the same of everybody."""

    row: list = field(default_factory=lambda: [1, 1, 1, 1])

    def fit(self, histories, items):
        return self

    def score(self, histories):
        return np.tile(np.array(self.row, np.float32), (len(histories), 1))


def test_each_event_knows_its_items_next_and_previous_one_and_how_often_it_came():
    met = meetings(drawn([[7, 8, 7, 7], [], [7]], 9))

    assert met.to_next.tolist() == [2, NEVER, 1, NEVER, NEVER]
    assert met.to_previous.tolist() == [NEVER, NEVER, 2, 1, NEVER]
    assert met.n_before.tolist() == [0, 0, 1, 2, 0]
    assert met.n_events.tolist() == [1, 2, 3, 4, 1]
    assert met.repeat_share.tolist() == [0, 0, 1 / 3, 1 / 2, 0]


def test_a_cell_without_cases_is_its_rows_share_and_one_with_many_its_own():
    shares = shrunk(np.array([[1.0, 3.0, 0.0]]), np.array([[4.0, 4.0, 0.0]]), 4.0)

    assert shares.tolist() == [[0.375, 0.625, 0.5]]


def test_an_item_comes_back_as_often_as_it_did_and_the_new_share_the_rest():
    # After one event, it is repeated in 1 of 4 histories; new items are wanted 3 to 1.
    learned = drawn([[0, 0], [0, 1], [1, 0], [2, 1]], 4)
    model = RepeatsRetriever(new=Fixed([8, 3, 1, 0]), n_trusted=1e-9).fit(learned, [])

    scores = model.score(drawn([[0]], 4))

    np.testing.assert_allclose(scores, [[1 / 4, 3 / 4 * 3 / 4, 3 / 4 * 1 / 4, 0]], rtol=1e-6)


def test_an_item_met_twice_comes_back_otherwise_than_one_met_once():
    learned = drawn([[0, 0, 0], [1, 1, 1], [0, 1, 2], [2, 1, 3]], 4)
    model = RepeatsRetriever(new=Fixed(), n_trusted=1e-9).fit(learned, [])

    scores = model.score(drawn([[2, 2], [1, 2]], 4))

    assert scores[0, 2] == pytest.approx(1)
    assert scores[1, 2] == pytest.approx(0, abs=1e-6)


def test_where_nobody_repeats_only_the_new_is_wanted():
    model = RepeatsRetriever(new=Fixed([4, 3, 1, 0])).fit(drawn([[0, 1, 2], [2, 0]], 4), [])

    scores = model.score(drawn([[0, 3]], 4))

    assert scores.tolist() == [[0, 0.75, 0.25, 0]]


def test_what_the_model_of_the_new_does_not_know_is_unknown_unless_it_comes_back():
    learned = drawn([[0, 0], [1, 1], [2, 0]], 4)
    model = RepeatsRetriever(new=Fixed([NOTHING, 1, 1, NOTHING])).fit(learned, [])

    scores = model.score(drawn([[0]], 4))

    assert np.isfinite(scores[0]).tolist() == [True, True, True, False]


@pytest.mark.parametrize("rows", [[], [[]], [[0]], [[], [0], []]])
def test_nothing_can_be_learned_from_no_pairs(rows):
    model = RepeatsRetriever().fit(drawn(rows, 2), [])

    scores = model.score(drawn([[0], [], [1, 0]], 2))

    assert scores.shape == (3, 2)
    assert np.isneginf(scores).all()


def test_a_user_alone_gets_the_same_answer_as_in_company():
    model = RepeatsRetriever().fit(drawn([[0, 1, 2, 0], [2, 1, 1], [3, 0, 1, 2]], 5), [])
    asking = drawn([[0, 1, 0], [], [2], [4]], 5)

    together = model.score(asking)

    for user in range(4):
        np.testing.assert_array_equal(model.score(asking.part(np.array([user])))[0], together[user])
    assert together.dtype == np.float32
    assert np.isneginf(together[1]).all()
