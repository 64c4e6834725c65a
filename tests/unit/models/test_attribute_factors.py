"""Choices within categories by attributes (models.retrieval.attribute_factors)."""

import dataclasses

import numpy as np
import pytest
from scipy.optimize import approx_fprime

from models.retrieval.attribute_factors import AttributeFactorsRetriever, log_exposure
from models.retrieval.choices import choices, tastes
from models.retrieval.histories import histories
from models.retrieval.items import Items
from tests.unit.models.logs import drawn

# Lamps are items 0-3, chairs 4-7; the even ones are oak, the odd ones steel; nobody met 6 and 7.
TEXTS = ["oak lamp", "steel lamp"] * 2 + ["oak chair", "steel chair"] * 2
ITEMS = Items(TEXTS, np.array([0, 0, 0, 0, 1, 1, 1, 1]))
OAK, STEEL = "0 2 4 0 2 4", "1 3 5 1 3 5"


@pytest.fixture
def model():
    log = drawn(*[OAK, STEEL] * 30, n_items=8)
    return AttributeFactorsRetriever(n_factors=2, min_items=2).fit(log, ITEMS)


def score(model, line):
    return model.score(drawn(line, n_items=8))[0]


def test_whoever_takes_oak_lamps_gets_the_oak_chair_that_nobody_met(model):
    scores = score(model, "0 2 0")

    assert scores[6] > scores[7]
    assert score(model, "1 3 1")[6] < score(model, "1 3 1")[7]


def test_scores_are_the_chances_of_the_next_item(model):
    assert score(model, OAK).sum() == pytest.approx(1, abs=1e-5)


def test_a_category_gets_its_share_of_the_days_on_which_the_user_came_for_it():
    log = drawn("0 1 2 4", n_items=8)  # three days of lamps, one of chairs

    model = AttributeFactorsRetriever(prior_visits=0).fit(log, ITEMS)

    scores = model.score(log)[0]
    assert scores[:4].sum() == pytest.approx(3 / 4, abs=1e-5)
    assert scores[4:].sum() == pytest.approx(1 / 4, abs=1e-5)


def test_the_same_item_again_and_again_is_less_than_as_many_items():
    [made] = choices(drawn("0 0 0 1", n_items=2), np.array([0, 0]))

    assert made.taken.tolist() == [[pytest.approx(3**0.3), 1]]


def test_an_item_first_met_late_is_not_taken_for_unpopular():
    log = drawn("0 0 0 1", n_items=3)  # one event a day, item 1 on the last of four

    assert np.exp(log_exposure(log)).tolist() == pytest.approx([1, 1 / 4, 1 / 4])


def test_a_taste_is_where_the_posterior_is_highest():
    made = choices(drawn("0 0 2", n_items=4), np.zeros(4, int))
    factors = np.array([[1, 0], [0, 1], [1, 1], [-1, 0]], np.float32)
    strengths = np.array([0, 1, 0, 0.5], np.float32)

    modes, _ = tastes(np.zeros((1, 2)), made, factors, strengths, 8)

    def log_posterior(taste):
        strength = factors @ taste + strengths
        chances = strength - np.log(np.exp(strength).sum())
        return float(made[0].taken[0] @ chances - taste @ taste / 2)

    assert approx_fprime(modes[0], log_posterior) == pytest.approx([0, 0], abs=1e-4)


def test_what_happened_after_the_cut_is_not_learnt_from():
    """Planted: from day 10 on everybody takes item 3; fitted on days before, nobody may know."""
    early = [(user, user % 3, float(day)) for user in range(9) for day in range(3)]
    planted = [(user, 3, 10.0) for user in range(9)] * 5
    users, items, days = (np.array(column) for column in zip(*early + planted, strict=True))
    whole = histories(users, items, np.ones(len(users), np.float32), days, (9, 8))
    before = histories(*(x[: len(early)] for x in (users, items, np.ones(72), days)), (9, 8))

    cut = AttributeFactorsRetriever().fit(whole.kept(whole.days < 10), ITEMS)

    never = AttributeFactorsRetriever().fit(before, ITEMS)
    np.testing.assert_array_equal(cut.score(before), never.score(before))


def test_a_category_whose_season_begins_gains_on_the_others():
    """Everybody came for lamps on days 0-19 and for chairs on the last two."""
    days = np.repeat([*range(20), 30, 31], 20).astype(float)
    users, items = np.tile(np.arange(20), 22), np.repeat([0] * 20 + [4] * 2, 20)
    log = histories(users, items, np.ones(440, np.float32), days, (20, 8))

    model = AttributeFactorsRetriever(season_days=7).fit(log, ITEMS)

    chairs = model.score(log)[0, 4:].sum()
    # Two of 22 days; chairs have 60 / 80 of the recent visits and 60 / 480 of all, 20 added to each.
    assert chairs == pytest.approx(2 * 6 / (2 * 6 + 20 * 2 / 7), abs=0.02)


def with_shown(log, *lines):
    """Add what each user was shown, items by number."""
    return dataclasses.replace(log, shown=drawn(*lines, n_items=log.n_items).matrix())


def test_each_time_an_item_was_shown_counts_as_much_as_a_first_look():
    log = with_shown(drawn("0", n_items=3), "0 1 1")

    [made] = choices(log, np.array([0, 0, 0]))

    assert made.taken.tolist() == [[1 + 1, 2, 0]]


def test_whoever_is_shown_oak_lamps_gets_the_oak_chair_that_nobody_met(model):
    looked = drawn("4 5", n_items=8)  # tells nothing: one of each

    of_oak = model.score(with_shown(looked, "0 2 0 2"))[0]
    of_steel = model.score(with_shown(looked, "1 3 1 3"))[0]

    assert of_oak[6] > of_oak[7]
    assert of_steel[6] < of_steel[7]


def test_a_category_of_which_much_was_shown_was_come_for_though_nothing_was_looked_at():
    """Eight shown for two visits acted upon: four a visit, so eight chairs are two visits."""
    log = with_shown(drawn("0 1", n_items=8), "4 5 4 5 4 5 4 5")

    scores = AttributeFactorsRetriever(prior_visits=0).fit(log, ITEMS).score(log)[0]

    # The season knows acts only: lamps have 22 of 42 visits, chairs 20, recently as in all.
    assert scores[:4].sum() == pytest.approx(2 / 4, abs=1e-5)
    assert scores[4:].sum() == pytest.approx(2 / 4, abs=1e-5)


def test_tastes_told_by_what_was_shown_count_as_often_as_the_sharpness_says(model):
    log = with_shown(drawn("4 5", n_items=8), "0 2 0 2")

    def log_odds(sharpness):
        scores = dataclasses.replace(model, shown_sharpness=sharpness)
        for name in ("item_factors_", "strengths_", "categories_", "category_shares_", "season_"):
            setattr(scores, name, getattr(model, name))
        oak, steel = scores.score(log)[0, [6, 7]]
        return np.log(oak / steel)

    assert log_odds(0.0) < log_odds(1.0)
    assert log_odds(2.0) - log_odds(1.0) == pytest.approx(log_odds(1.0) - log_odds(0.0), rel=1e-3)
