"""An order taught by searches, judged, saved and opened again (models.search.teaching, learned)."""

import json

import numpy as np
import pytest

from models.retrieval.saving import BrokenModelError
from models.search.behaviour import gains
from models.search.features import COLUMN, NAMES
from models.search.learned import LearnedOrder
from models.search.teaching import (
    FIRST_STAGE,
    FORMULA,
    LEARNED,
    POPULARITY,
    Searches,
    decided,
    joined,
    judged,
    taught,
)
from tests.unit.models.search.test_behaviour import shown

N_LISTS, N_SHOWN = 600, 5


@pytest.fixture(scope="module")
def searches():
    """Lists of which the dearest product is looked at; where it stands owes nothing to that."""
    chance = np.random.default_rng(0)
    features = np.full((N_LISTS * N_SHOWN, len(NAMES)), np.nan, np.float32)
    features[:, COLUMN["text_ratio"]] = 1
    features[:, COLUMN["demand_lift"]] = chance.normal(size=len(features))
    price = chance.normal(size=(N_LISTS, N_SHOWN))
    features[:, COLUMN["price_lift"]] = price.ravel()
    looked = price == price.max(axis=1, keepdims=True)
    lists = [[(n + 1, n + 1, int(each[n])) for n in range(N_SHOWN)] for each in looked]
    made = shown(*lists)
    return Searches(made, features, np.zeros(len(features)), gains(made, np.ones(101)))


@pytest.fixture(scope="module")
def learned(searches):
    return taught(searches)


def test_what_shoppers_look_at_is_learnt_and_beats_what_does_not_know_it(searches, learned):
    values = judged(searches, learned)

    means = {name: each.mean() for name, each in values.items()}
    assert set(means) == {FIRST_STAGE, POPULARITY, FORMULA, LEARNED}
    assert means[LEARNED] > 0.9 > max(means[name] for name in (FIRST_STAGE, POPULARITY, FORMULA))


def test_what_each_feature_adds_makes_up_the_worth_but_for_what_all_have(searches, learned):
    few = searches.features[:2]

    added = [learned.contributions(few, place).sum() for place in (0, 1)]
    worth = learned.logarithms(few)

    assert added[0] - added[1] == pytest.approx(worth[0] - worth[1], abs=1e-5)


def test_an_order_is_the_same_after_it_was_saved(searches, learned, tmp_path):
    learned.save(tmp_path)

    found = LearnedOrder.load(tmp_path, "search_ranker 3")

    assert found.name == "search_ranker 3"
    assert (
        found.logarithms(searches.features).tolist()
        == learned.logarithms(searches.features).tolist()
    )


@pytest.mark.parametrize("file", ["trees.txt", "about.json"])
def test_a_broken_order_does_not_open(learned, tmp_path, file):
    learned.save(tmp_path)
    (tmp_path / file).write_text("?")

    with pytest.raises(BrokenModelError):
        LearnedOrder.load(tmp_path, "x")


def test_an_order_of_other_features_does_not_open_and_says_what_to_run(learned, tmp_path):
    learned.save(tmp_path)
    (tmp_path / "about.json").write_text(json.dumps({"features": ["colour"]}))

    with pytest.raises(BrokenModelError, match="train_search_ranker"):
        LearnedOrder.load(tmp_path, "x")


@pytest.mark.parametrize(
    ("ahead_of_formula", "ahead_of_popularity", "promoted"),
    [(0.1, 0.1, True), (0.1, -0.1, False), (-0.1, 0.1, False), (0.0, 0.1, False)],
)
def test_it_serves_only_if_it_beats_formula_and_popularity(
    ahead_of_formula, ahead_of_popularity, promoted
):
    ndcg = np.random.default_rng(0).random(200)

    decision = decided(
        {
            LEARNED: ndcg,
            FORMULA: ndcg - ahead_of_formula,
            POPULARITY: ndcg - ahead_of_popularity,
        }
    )

    assert decision.promote == promoted


def test_a_lead_that_may_be_luck_is_none():
    noise = np.random.default_rng(0).normal(0, 1, 200)
    ahead = noise - noise.mean() + 0.01

    decision = decided({LEARNED: ahead, FORMULA: np.zeros(200), POPULARITY: np.zeros(200)})

    assert not decision.promote
    assert "is not surely better" in decision.sentence


def test_searches_of_both_windows_teach_together(searches):
    whole = joined(searches, searches)

    assert len(whole.shown) == 2 * N_LISTS
    assert whole.features.shape == (2 * N_LISTS * N_SHOWN, len(NAMES))
