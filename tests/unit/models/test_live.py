"""Candidates found beforehand and put in order when asked for (models.live)."""

import numpy as np
import pytest

from features.schemas.feature_sets import PAIR
from models.live import LiveRecommender, live_recommender
from models.ranking.explaining import feature_names
from models.ranking.first_stage import in_pieces
from models.ranking.second_stage import SingleOrder, TwoStages, pair_features
from models.recommender import PRODUCT_COLUMNS, USER_COLUMNS
from models.retrieval.als import ALSRetriever
from models.retrieval.saving import BrokenModelError
from tests.unit.models.recommender_by_hand import N_ITEMS, N_USERS, taught

KINDS = ["single", "blend", "ranker"]


@pytest.fixture(scope="module")
def everything():
    return taught()


@pytest.fixture(scope="module", params=KINDS)
def made(request, everything):
    known, stages = everything
    return live_recommender(known, stages, request.param, {"fitted_on": "2026-01-31"})


def known_now(made, shortlist, seed=0):
    """Features as the feature store would give them, some unknown."""
    random = np.random.default_rng(seed)
    of_items = random.random((len(shortlist.item_ids), len(PRODUCT_COLUMNS))).astype(np.float32)
    of_items[random.random(of_items.shape) < 0.2] = np.nan
    return of_items, random.random(len(USER_COLUMNS)).astype(np.float32)


def test_a_shortlist_holds_new_items_of_the_users_taste(made, everything):
    known, _ = everything
    shortlist = made.shortlist(15)  # row 1: the odd half

    scores = made.scores(shortlist, *known_now(made, shortlist))

    rows = (shortlist.item_ids[np.argsort(-scores)[:5]] - 1_000) // 7
    assert (rows % 2 == 1).mean() >= 0.8
    assert not set(((shortlist.item_ids - 1_000) // 7).tolist()) & set(known.seen[1].indices)


def test_one_at_a_time_scores_are_those_of_many_at_once(made, everything):
    known, stages = everything
    asked = known.asked(np.arange(N_USERS))
    items, scores = stages.recommend(asked, N_ITEMS)[made.metadata["kind"]]
    n_compared = 0

    for user in range(N_USERS):
        shortlist = made.shortlist(int(known.user_ids[user]))
        of_items = known.item_features[(shortlist.item_ids - 1_000) // 7]
        one = made.scores(shortlist, of_items, known.user_features[user])
        of_many = dict(zip(items[user].tolist(), scores[user].tolist(), strict=True))
        rows = (shortlist.item_ids - 1_000) // 7
        assert one.tolist() == [of_many[row] for row in rows.tolist()]
        n_compared += len(one)

    assert n_compared > 10 * N_USERS


def test_what_is_known_now_reaches_the_ranker_as_it_would_in_training(everything):
    known, stages = everything
    made = live_recommender(known, stages, "ranker", {})
    shortlist = made.shortlist(25)
    of_items, of_user = known_now(made, shortlist)

    scores = made.scores(shortlist, of_items, of_user)

    asked = made.asked(shortlist.user, of_user)
    features = pair_features(made.candidates(shortlist), asked, made.order.facts, of_items[None])
    assert scores.tolist() == made.order.ranker.score(features[0]).tolist()


def test_trees_see_what_a_price_is_to_who_usually_pays_so_much(everything):
    known, stages = everything
    order = stages.orders["ranker"]
    asked = known.asked(np.array([7]))  # pays 350 cents for a thing
    found = next(in_pieces(stages.models, asked, stages.n_each))[2]

    features = pair_features(found, asked, order.facts, known.item_features[found.items])[0]

    price_cents = 100 + 10 * found.items[0]
    assert features[:, -1] == pytest.approx(price_cents / 350)
    names = feature_names(["ALS", "Content"], PRODUCT_COLUMNS, USER_COLUMNS, tuple(PAIR.ratios))
    assert names[-1] == "price_to_usual_ratio"
    assert len(names) == features.shape[1]


def test_what_was_looked_at_since_is_news_and_what_the_model_knows_is_not(made, everything):
    known, _ = everything
    had = known.item_ids[known.seen[1].indices].tolist()
    new = next(item_id for item_id in known.item_ids.tolist() if item_id not in had)

    assert made.news(15, [new, had[0], 999_999]) == [new, 999_999]
    assert made.news(4, [new]) == [new]  # whom nobody knows


def test_items_lead_on_and_none_of_them_comes_back(made):
    looked_at = [1_000, 1_014, 1_028]  # rows 0, 2, 4

    found = made.after(looked_at)

    assert not set(found.items.tolist()) & set(looked_at)
    assert set(found.sources.tolist()) <= set(looked_at)
    assert (np.diff(found.scores) <= 0).all()


def test_the_item_that_leads_to_another_most_is_named(made):
    found = made.after([1_000, 1_014])

    led_by = made.led_by(found.items.tolist(), [1_000, 1_014])

    assert led_by == found.sources.tolist()
    assert made.led_by([999_999], [1_000]) == [0]


def test_whom_nobody_knows_gets_nothing_and_the_shop_falls_back(made):
    assert made.shortlist(4) is None
    assert len(made.after([4]).items) == 0
    assert len(made.similar(4)[0]) == 0
    assert made.last_met(4, 5) == []


def test_an_item_that_nobody_met_leads_to_what_is_like_it(everything):
    known, _ = everything
    unmet = known.histories.kept(known.histories.items != 3)
    without = type(known)(**{**vars(known), "histories": unmet, "seen": unmet.matrix()})
    models = [ALSRetriever(n_factors=8).fit(unmet, known.items)]

    made = live_recommender(
        without, TwoStages(models, {"single": SingleOrder(0)}, 20), "single", {}
    )

    assert made.after([1_021]).items.tolist() == made.similar(1_021)[0].tolist()


def test_a_saved_recommender_answers_as_before(made, tmp_path):
    made.save(tmp_path / "model")

    loaded = LiveRecommender.load(tmp_path / "model")

    for user_id in (15, 25):
        before, after = made.shortlist(user_id), loaded.shortlist(user_id)
        of_items, of_user = known_now(made, before)
        assert after.item_ids.tolist() == before.item_ids.tolist()
        assert (
            loaded.scores(after, of_items, of_user).tolist()
            == made.scores(before, of_items, of_user).tolist()
        )
    assert loaded.after([1_000]).items.tolist() == made.after([1_000]).items.tolist()


@pytest.mark.parametrize(
    "name", ["shortlists/items.npy", "past/settings.json", "order/kind.json", "metadata.json"]
)
def test_a_recommender_with_a_missing_file_is_refused(made, tmp_path, name):
    made.save(tmp_path)
    (tmp_path / name).unlink()

    with pytest.raises(BrokenModelError, match=name.rpartition("/")[2]):
        LiveRecommender.load(tmp_path)
