"""Lists that were shown, and the ranker that they teach."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from models.evaluation.holdouts import Holdout, last_event
from models.evaluation.lessons import Lesson, cross_ndcg, lesson_of, shown_ranker_taught_by
from models.evaluation.splits import Facts
from models.evaluation.study import combined
from models.ranking.asked import asked
from models.ranking.first_stage import candidates, opinions
from models.ranking.lambdamart import LambdaMARTRanker
from models.ranking.pair_context import item_facts
from models.ranking.second_stage import SingleOrder
from models.ranking.shown import (
    IN_THE_CART,
    LOOKED_AT,
    MAX_PLACES,
    PASSED_OVER,
    Impressions,
    KnownLists,
    ShownLists,
    lists_of,
)
from models.recommender import PRODUCT_COLUMNS
from tests.unit.models.logs import FixedScores, drawn
from tests.unit.models.recommender_by_hand import halves


def impressions(*rows):
    """Draw impressions: list, user, item, position, outcome, price."""
    numbers, users, items, positions, outcomes, prices = zip(*rows, strict=True)
    return Impressions(
        user=np.array(users),
        item=np.array(items),
        known_on=np.full(len(rows), 100),
        list_number=np.array(numbers),
        position=np.array(positions, np.int16),
        outcome=np.array(outcomes, np.int8),
        price_cents=np.array(prices, np.float32),
    )


def test_impressions_become_lists_by_position_each_item_once():
    made = lists_of(
        impressions(
            (4, 1, 30, 2, PASSED_OVER, 300),
            (4, 1, 20, 1, LOOKED_AT, np.nan),
            (4, 1, 20, 3, PASSED_OVER, 200),
            (7, 0, 50, 1, IN_THE_CART, 500),
        )
    )

    assert made.users.tolist() == [1, 0]
    assert made.items.tolist() == [[20, 30], [50, -1]]
    assert made.positions.tolist() == [[1, 2], [1, 0]]
    assert made.outcomes.tolist() == [[LOOKED_AT, PASSED_OVER], [IN_THE_CART, PASSED_OVER]]
    np.testing.assert_array_equal(made.price_cents, [[np.nan, 300], [500, np.nan]])


def test_the_end_of_a_long_list_is_left_out():
    n = MAX_PLACES + 5
    made = lists_of(impressions(*((1, 0, item, item + 1, 0, 1) for item in range(n))))

    assert made.items.tolist() == [list(range(MAX_PLACES))]


def test_a_list_tells_something_where_one_item_was_wanted_more_than_another():
    lists = lists_of(
        impressions(
            (0, 0, 1, 1, LOOKED_AT, 1),
            (0, 0, 2, 2, PASSED_OVER, 1),
            (1, 1, 1, 1, LOOKED_AT, 1),
            (1, 1, 2, 2, LOOKED_AT, 1),
            (2, 2, 1, 1, LOOKED_AT, 1),
            (3, 3, 1, 1, LOOKED_AT, 1),
            (3, 3, 2, 2, IN_THE_CART, 1),
        )
    )

    assert lists.telling(9, seed=0).users.tolist() == [0, 3]
    assert len(lists.telling(1, seed=0)) == 1


def test_lists_are_of_the_days_asked_for_and_of_users_with_a_history():
    """User 0 acted on day 90, user 1 never did before day 100."""
    n = np.ones(1, np.int64)
    acts = Facts(0 * n, n, 90 * n, 90 * n, n, 0 * n, 0 * n, 0 * n, 2, 9)
    shown = impressions(
        (0, 0, 1, 1, 0, 1), (1, 0, 2, 1, 0, 1), (2, 0, 3, 1, 0, 1), (3, 1, 4, 1, 0, 1)
    )
    shown = replace(shown, known_on=np.array([100, 101, 115, 101]))

    found = replace(acts, impressions=shown).lists(100, 114)

    assert found.items.tolist() == [[2]]
    assert acts.lists(100, 114) is None


def test_the_price_that_was_shown_is_the_price_that_is_learnt_from():
    known, (price, relative) = halves(), (
        PRODUCT_COLUMNS.index("price_cents"), PRODUCT_COLUMNS.index("category_price_ratio")
    )  # fmt: skip
    known.item_features[:, price], known.item_features[:, relative] = 200, 0.5
    lists = lists_of(impressions((0, 3, 7, 1, 0, 100), (0, 3, 8, 2, 0, np.nan)))

    found = known.lists(lists).of_items[0][:, [price, relative]]

    assert found.tolist() == [[100, 0.25], [200, 0.5]]
    assert known.item_features[7, price] == 200


def test_what_models_say_of_given_items_is_what_they_say_of_candidates():
    rng = np.random.default_rng(0)
    models = [FixedScores(tuple(rng.random(12))), FixedScores(tuple(rng.random(12)))]
    users = asked(drawn("1 2", "3", n_items=12), csr_matrix((2, 12)))
    found = candidates(models, users, 4)
    backwards = found.items[:, ::-1]

    said = opinions(models, users, 4, np.pad(backwards, [(0, 0), (0, 2)], constant_values=-1))

    n = backwards.shape[1]
    for name in ("scores", "standings", "places"):
        real = np.repeat((backwards >= 0)[:, :, None], 2, axis=2)
        np.testing.assert_array_equal(
            getattr(said, name)[:, :n][real], getattr(found, name)[:, ::-1][real], err_msg=name
        )
    assert np.isfinite(said.scores).sum() == 2 * (found.items >= 0).sum()


def test_an_item_that_no_model_named_stands_last_and_keeps_its_score():
    users = asked(drawn("0", n_items=5), csr_matrix((1, 5)))

    said = opinions([FixedScores((5.0, 4.0, 3.0, 2.0, 1.0))], users, 2, np.array([[4, 0]]))

    assert said.scores[0, :, 0].tolist() == [1, 5]
    assert said.places[0, :, 0].tolist() == [3, 1]
    assert said.standings[0, :, 0].tolist() == [0, 1]


@pytest.fixture(scope="module")
def lesson():
    """What comes next is told by the models; which of it is liked, only by what was looked at.

    Users want the item after their last one. Lists of 6 hold it beside five others, at any place;
    it is looked at where it stands in the upper half.
    """
    rng = np.random.default_rng(0)
    starts = rng.integers(0, 30, 300)
    log = drawn(*(" ".join(str((s + n) % 30) for n in range(4)) for s in starts), n_items=30)
    holdout = last_event(log, repeats=False)

    class NextItem:
        def score(self, histories):
            lasts = histories.items[histories.starts[1:] - 1]
            return -(((np.arange(30) - lasts[:, None] - 1) % 30).astype(np.float32))

    items = (starts[:, None] + 3 + rng.permuted(np.tile(np.arange(6), (300, 1)), axis=1)) % 30
    wanted = items == (starts[:, None] + 3) % 30
    upper = np.arange(6) < 3
    shown = ShownLists(
        users=np.arange(300),
        items=items,
        positions=np.tile(np.arange(1, 7), (300, 1)),
        outcomes=np.where(wanted & upper, LOOKED_AT, PASSED_OVER),
        price_cents=np.full(items.shape, np.nan, np.float32),
    )
    lists = KnownLists(shown, holdout.asked, np.empty((*items.shape, 0), np.float32))
    holdout = replace(holdout, lists=lists)
    noise = FixedScores(tuple(rng.random(30)))
    return lesson_of([noise, NextItem()], holdout, item_facts(holdout.known), 5, 3, 0)


def test_a_ranker_learns_from_what_was_shown(lesson):
    assert cross_ndcg(lesson, shown_ranker_taught_by).mean() > 0.95


def test_it_is_tried_only_where_lists_are_known(lesson):
    assert set(combined(lesson)) == {"blend", "ranker", "shown_ranker"}
    assert set(combined(replace(lesson, shown=None))) == {"blend", "ranker"}
    with pytest.raises(ValueError, match="no impression"):
        shown_ranker_taught_by(replace(lesson, shown=None))


def test_nobody_is_judged_by_what_their_own_lists_taught(lesson: Lesson):
    rest = lesson.without(np.arange(100))

    assert rest.users.tolist() == list(range(100, 300))
    assert rest.shown.users.tolist() == list(range(100, 300))
    assert len(rest.shown.features) == rest.shown.n_items.sum() == 200 * 6


def test_lists_of_judged_users_do_not_teach_what_they_are_judged_by(lesson):
    taught, judged = [], []

    class Recording(SingleOrder):
        def score(self, candidates, users, of_items=None):
            judged.append(len(users))
            return super().score(candidates, users)

    def teach(part):
        taught.append((set(part.users.tolist()), set(part.shown.users.tolist())))
        return Recording(1)

    cross_ndcg(lesson, teach)

    assert sum(judged) == 300
    for users, shown in taught:
        assert shown == users  # everybody has a list here


def test_a_sample_of_a_holdout_keeps_the_lists():
    log = drawn("0 1", "1 0", n_items=2)
    cut = last_event(log, repeats=False)
    nothing = np.empty((0, 1), np.int64)
    shown = ShownLists(np.empty(0, np.int64), nothing, nothing, nothing, nothing.astype(np.float32))
    lists = KnownLists(
        shown, cut.asked.part(np.empty(0, np.int64)), np.empty((0, 1, 0), np.float32)
    )

    held: Holdout = replace(cut, lists=lists).sample(1, seed=0)

    assert len(held.asked) == 1
    assert held.lists is lists
    assert lesson_of([FixedScores((1.0, 2.0))], held, item_facts(log), 2, 2, 0).shown is None


def test_a_place_has_its_say_and_the_score_is_without_it():
    """Of two like items the upper is looked at nine times in ten, of unlike ones the better at the
    lower place half of the time: without places the better would lose.
    """
    rng = np.random.default_rng(0)
    n = 4_000
    better_above = rng.random(n) < 0.1
    quality = np.where(better_above[:, None], [1.0, 0.0], [0.0, 1.0])
    chance = np.where(better_above, 0.95, 0.5)  # that the upper one is looked at
    upper = rng.random(n) < chance
    wanted = np.stack([upper, ~upper], axis=1)
    features = quality.reshape(-1, 1).astype(np.float32)
    groups, places = np.full(n, 2), np.tile([1, 2], n)
    ranker = LambdaMARTRanker(n_trees=20, min_rows_per_leaf=10)

    ranker.fit(features, wanted.ravel(), groups, places)

    worse, better = ranker.score(np.array([[0.0], [1.0]], np.float32))
    assert better > worse
