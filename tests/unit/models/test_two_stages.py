"""Candidates of several models, put in order (models.ranking, models.evaluation)."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from models.evaluation.holdouts import Holdout, last_event
from models.evaluation.lessons import blend_taught_by, cross_ndcg, lesson_of, ranker_taught_by
from models.evaluation.study import choice
from models.evaluation.weights import best_weights, ndcg_by_user
from models.ranking import second_stage
from models.ranking.asked import asked
from models.ranking.first_stage import candidates, union
from models.ranking.lambdamart import LambdaMARTRanker
from models.ranking.pair_context import NAMES, context, item_facts
from models.ranking.second_stage import FORMS, BlendOrder, SingleOrder, TwoStages, in_order
from models.retrieval.histories import histories
from tests.unit.models.logs import FixedScores, drawn

NOBODY = -np.inf


def nothing_seen(n, n_items):
    return csr_matrix((n, n_items))


def test_candidates_are_what_any_model_thinks_best_as_all_of_them_see_it():
    #                    item  0  1  2  3  4
    first = FixedScores((4.0, 0.0, 3.0, 2.0, 1.0))
    second = FixedScores((NOBODY, 9.0, NOBODY, 5.0, NOBODY))

    found = candidates([first, second], asked(drawn("0", n_items=5), nothing_seen(1, 5)), 3)

    assert found.items.tolist() == [[0, 1, 2, 3]]
    assert found.scores[0, :, 0].tolist() == [4, 0, 3, 2]
    np.testing.assert_array_equal(found.scores[0, :, 1], [np.nan, 9, np.nan, 5])
    # The first's three best are 4, 3 and 2; the second has two opinions only.
    assert found.standings[0].tolist() == [[1, 0], [0, 1], [0.5, 0], [0, 0]]
    assert found.places[0].tolist() == [[1, 4], [4, 1], [2, 4], [3, 2]]


def test_what_was_seen_is_no_candidate():
    seen = csr_matrix(np.array([[1, 0, 0]]))

    found = candidates([FixedScores((3, 2, 1))], asked(drawn("0", n_items=3), seen), 2)

    assert found.items.tolist() == [[1, 2]]


def test_a_model_with_one_opinion_stands_by_it():
    found = candidates(
        [FixedScores((NOBODY, 5.0))], asked(drawn("0", n_items=2), nothing_seen(1, 2)), 2
    )

    assert found.items.tolist() == [[1]]
    assert found.standings.tolist() == [[[1.0]]]


def test_where_no_model_has_an_opinion_there_is_no_candidate():
    silent = FixedScores((NOBODY, NOBODY))

    stages = TwoStages([silent], {"silent": SingleOrder(0)}, 2)
    items, scores = stages.recommend(asked(drawn("0", n_items=2), nothing_seen(1, 2)), 2)["silent"]

    assert items.tolist() == [[-1, -1]]
    assert np.isneginf(scores).all()


def test_a_union_is_as_narrow_as_it_can_be():
    found = [np.array([[3, 1], [2, -1]]), np.array([[1, -1], [2, -1]])]

    assert union(found).tolist() == [[1, 3], [-1, 2]]


def test_orders_of_one_first_stage_differ():
    first, second = FixedScores((3.0, 2.0, 1.0)), FixedScores((1.0, 2.0, 3.0))
    orders = {
        "first": SingleOrder(0),
        "second": SingleOrder(1),
        "blend": BlendOrder(np.array([1.0, 0.5], np.float32)),
    }

    lists = TwoStages([first, second], orders, 3).recommend(
        asked(drawn("0", n_items=3), nothing_seen(1, 3)), 2
    )

    assert {name: items.tolist() for name, (items, _) in lists.items()} == {
        "first": [[0, 1]],
        "second": [[2, 1]],
        "blend": [[0, 1]],  # 1 and 0, .75, .5
    }


@pytest.mark.parametrize(
    ("form", "first", "second"),
    [
        ("standing", [1, 0.5, 0], [0, 0, 1]),
        ("share", [0.6, 0.4, 0], [0, 0, 1]),
        # The first's mean is 2, its deviation the root of 2 / 3; the second knows of two.
        ("standardised", [1.5**0.5, 0, -(1.5**0.5)], [-1, -1, 1]),
    ],
)
def test_what_models_say_is_made_comparable(form, first, second):
    models = [FixedScores((3.0, 2.0, 1.0)), FixedScores((NOBODY, -1.0, 4.0))]

    found = candidates(models, asked(drawn("0", n_items=3), nothing_seen(1, 3)), 3)

    made = FORMS[form](found)[0]
    assert made[:, 0].tolist() == pytest.approx(first)
    assert made[:, 1].tolist() == pytest.approx(second)


def test_who_says_the_same_of_all_says_nothing():
    found = candidates(
        [FixedScores((0.1, 0.1, 0.1))], asked(drawn("0", n_items=3), nothing_seen(1, 3)), 3
    )

    assert FORMS["standardised"](found).ravel().tolist() == [0, 0, 0]


def test_places_count_less_and_less():
    found = candidates(
        [FixedScores((3.0, 2.0, 1.0))], asked(drawn("0", n_items=3), nothing_seen(1, 3)), 2
    )

    assert FORMS["place"](found).ravel().tolist() == pytest.approx([1 / 11, 1 / 12])


def test_a_ranker_is_shown_the_best_places_of_all_models_together():
    models = [FixedScores((3.0, 2.0, 1.0, 0.0)), FixedScores((0.0, 3.0, 2.0, 1.0))]

    found = candidates(models, asked(drawn("0", n_items=4), nothing_seen(1, 4)), 4)

    # 1/11 + 1/14, 1/12 + 1/11, 1/13 + 1/12, 1/14 + 1/13
    assert second_stage.shortlist(found, 2).tolist() == [[True, True, False, False]]


def test_equal_scores_go_by_rising_number():
    items, _ = in_order(np.array([[4, 7, 9]]), np.array([[1.0, 1.0, 2.0]]), 3)

    assert items.tolist() == [[9, 4, 7]]


def test_what_a_history_tells_of_a_pair():
    log = histories(
        users=np.array([0, 0, 0, 1]),
        items=np.array([5, 6, 5, 5]),
        weights=np.ones(4, np.float32),
        days=np.array([0.0, 10.0, 10.0, 20.0]),
        shape=(2, 8),
    )

    made = context(np.array([[5, 6, 7]]), log.part(np.array([0])), item_facts(log))[0]

    by_name = dict(zip(NAMES, made.T.tolist(), strict=True))
    assert by_name["log_popularity"] == pytest.approx(np.log([4, 2, 1]).tolist())
    assert by_name["item_age_share"] == [1.0, 0.5, 0.0]
    assert by_name["n_events"] == [3, 3, 3]
    assert by_name["n_own"] == [2, 1, 0]
    assert by_name["n_events_since_own"] == [0, 1, -1]
    assert by_name["log_days_since_own"] == pytest.approx([np.log(11), np.log(11), -1])


def test_ndcg_of_candidates_counts_what_was_no_candidate_too():
    scores = np.array([[0.1, 0.9, NOBODY]], np.float32)
    wanted = np.array([[True, False, False]])

    # The hit is at place 2 of 2; the best list of 2 would hold both of the user's items.
    gain = (1 / np.log2(3)) / (1 + 1 / np.log2(3))
    assert ndcg_by_user(scores, wanted, np.array([2]), 2).tolist() == pytest.approx([gain])


def test_weights_are_never_worse_than_the_best_single_model():
    truth = np.array([0.2, 0.0, 1.0], np.float32)

    def value(weights):
        return -float(np.abs(weights / weights.max() - truth).sum())

    weights = best_weights(3, value)

    assert weights.max() == 1
    np.testing.assert_allclose(weights, truth)


@pytest.fixture(scope="module")
def lesson():
    """Users who want the item after their last one; one model knows that, another guesses."""
    rng = np.random.default_rng(0)
    lines = []
    for _ in range(120):
        start, step = rng.integers(0, 30), 1
        lines.append(" ".join(str((start + step * place) % 30) for place in range(4)))
    holdout = last_event(drawn(*lines, n_items=30), repeats=False)

    class NextItem:
        def score(self, histories):
            lasts = histories.items[histories.starts[1:] - 1]
            return -(((np.arange(30) - lasts[:, None] - 1) % 30).astype(np.float32))

    noise = FixedScores(tuple(rng.random(30)))
    return lesson_of([noise, NextItem()], holdout, item_facts(holdout.known), 5, 3, 0)


def test_a_blend_finds_the_model_that_knows(lesson):
    order = blend_taught_by(lesson)

    assert order.weights[1] == 1
    assert lesson.ndcg(order).mean() > 0.99


def test_a_ranker_finds_the_model_that_knows(lesson):
    assert cross_ndcg(lesson, ranker_taught_by).mean() > 0.95


def test_no_user_is_judged_by_an_order_that_they_taught():
    """Each user's one item is their number."""
    log = drawn(*(str(user) for user in range(10)), n_items=10)
    wanted = csr_matrix(np.roll(np.eye(10), 1, axis=1))
    holdout = Holdout(log, np.arange(10), asked(log, csr_matrix((10, 10))), wanted, "by hand")
    lesson = lesson_of([FixedScores(tuple(range(10)))], holdout, item_facts(log), 2, 2, 0)
    taught, judged = [], []

    class Recording(SingleOrder):
        def score(self, candidates, users):
            judged.append(set(users.histories.items.tolist()))
            return super().score(candidates, users)

    def teach(part):
        taught.append(set(part.asked.histories.items.tolist()))
        return Recording(0)

    cross_ndcg(lesson, teach)

    assert all(not teachers & users for teachers, users in zip(taught, judged, strict=True))
    assert set.union(*judged) == set(range(10))


def test_a_ranker_needs_wanted_and_unwanted_pairs():
    with pytest.raises(ValueError, match="were not"):
        LambdaMARTRanker().fit(np.zeros((3, 2), np.float32), np.ones(3, bool), np.array([3]))


@pytest.mark.parametrize(
    ("blend_gain", "ranker_gain", "chosen"),
    [(0.0, 0.0, "single"), (0.05, 0.0, "blend"), (0.0, 0.05, "ranker"), (0.05, 0.1, "ranker")],
)
def test_the_simplest_is_chosen_that_nothing_clearly_beats(blend_gain, ranker_gain, chosen):
    base = np.random.default_rng(0).random(400)
    noise = np.random.default_rng(1).normal(0, 0.1, 400)
    values = {
        "single": base,
        "blend": base + blend_gain + noise - noise.mean(),
        "ranker": base + ranker_gain + noise[::-1] - noise.mean(),
    }

    kind, reason = choice(values, seed=0)

    assert kind == chosen
    assert reason.startswith(chosen)
