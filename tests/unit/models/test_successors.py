"""What follows what (models.retrieval.successors)."""

import numpy as np
import pytest

from models.retrieval.successors import SuccessorsRetriever
from tests.unit.models.logs import of_lists as drawn

NOTHING = -np.inf


def plain(**changed):
    """Count direct successors only, each as one, and ask with the last item only."""
    settings = {
        "n_steps": 1, "step_power": 1.0, "backward": 0.0, "length_power": 0.0,
        "memory_events": 1e-3, "source_power": 0.0, "target_power": 0.0, "further": 0.0,
    }  # fmt: skip
    return SuccessorsRetriever(**(settings | changed))


def test_the_last_item_is_followed_by_what_followed_it_most():
    model = plain().fit(drawn([[0, 1], [0, 1], [0, 2], [3, 0]], 5), [])

    scores = model.score(drawn([[3, 0]], 5))

    assert scores.tolist() == [[0, 2, 1, 0, NOTHING]]


def test_two_steps_apart_counts_by_the_power_of_the_distance():
    model = plain(n_steps=2, step_power=1.0).fit(drawn([[0, 1, 2]], 3), [])

    scores = model.score(drawn([[0]], 3))

    assert scores.tolist() == [[0, 1, 0.5]]


def test_what_came_before_counts_a_given_share():
    model = plain(backward=0.25).fit(drawn([[0, 1, 2]], 3), [])

    scores = model.score(drawn([[1]], 3))

    assert scores.tolist() == [[0.25, 0, 1]]


def test_older_events_of_the_asking_user_fade():
    model = plain(memory_events=1.0).fit(drawn([[0, 2], [1, 3]], 4), [])

    scores = model.score(drawn([[0, 1]], 4))

    np.testing.assert_allclose(scores, [[0, 0, np.exp(-1), 1]], rtol=1e-6)


def test_long_histories_and_frequent_items_are_damped():
    histories = drawn([[0, 1], [0, 2, 3, 2]], 4)  # items 0 and 2 came twice
    model = plain(length_power=0.5, source_power=1.0, target_power=2.0).fit(histories, [])

    scores = model.score(drawn([[0]], 4))

    np.testing.assert_allclose(scores, [[0, 2**-0.5 / 2, 4**-0.5 / 2 / 4, 0]], rtol=1e-6)


def test_a_pair_weighs_the_geometric_mean_of_its_events():
    model = plain().fit(drawn([[0, 1]], 2, weights=[1, 4]), [])

    scores = model.score(drawn([[0]], 2, weights=[3]))

    assert scores.tolist() == [[0, 6]]


def test_only_the_strongest_links_lead_further():
    learned = drawn([[0, 1], [1, 2], [1, 2], [1, 3]], 4)
    model = plain(further=1.0, n_strongest=1).fit(learned, [])

    scores = model.score(drawn([[0]], 4))

    assert scores.tolist() == [[0, 1, 1, 0]]


def test_an_item_does_not_follow_itself():
    model = plain().fit(drawn([[0, 0, 1]], 2), [])

    scores = model.score(drawn([[0]], 2))

    assert scores.tolist() == [[0, 1]]


def test_successors_of_successors_add_a_share_of_what_leads_to_them():
    # 0 leads to 1 three times and to 3 once; 1 leads to 2 only.
    model = plain(further=0.5).fit(drawn([[0, 1], [0, 1], [0, 1], [0, 3], [1, 2]], 4), [])

    scores = model.score(drawn([[0]], 4))

    assert scores.tolist() == [[0, 3, 1.5, 1]]


@pytest.mark.parametrize("rows", [[], [[]], [[0]], [[], [0], []]])
def test_nothing_can_be_learned_from_no_pairs(rows):
    model = SuccessorsRetriever().fit(drawn(rows, 2), [])

    scores = model.score(drawn([[0], [], [1, 0]], 2))

    assert scores.shape == (3, 2)
    assert np.isneginf(scores).all()


def test_a_user_alone_gets_the_same_answer_as_in_company():
    model = SuccessorsRetriever().fit(drawn([[0, 1, 2, 0], [2, 1, 1], [3, 0, 1, 2]], 5), [])
    asking = drawn([[0, 1, 0], [], [2], [4]], 5)

    together = model.score(asking)

    for user in range(4):
        np.testing.assert_array_equal(model.score(asking.part(np.array([user])))[0], together[user])
    assert together.dtype == np.float32
    assert np.isneginf(together[1]).all()
