"""Two lists shown as one, and what they are worth (models.evaluation.experiments.interleaving)."""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.evaluation.experiments.interleaving import FIRST, SECOND, preference, team_draft

lists = st.lists(st.integers(1, 30), unique=True, max_size=20)


class Coin:
    """Falls as it is told."""

    def __init__(self, *falls):
        self.falls = iter(falls)

    def random(self):
        return next(self.falls)


HEADS, TAILS = 0.1, 0.9


def test_a_draft_by_hand():
    # Heads: the first picks 1, the second its best that is left, 2; tails: the second picks 4, the first 3.
    drafted = team_draft([1, 2, 3], [1, 2, 4], 4, Coin(HEADS, TAILS))

    assert drafted.product_ids == [1, 2, 4, 3]
    assert drafted.teams == [FIRST, SECOND, SECOND, FIRST]
    assert drafted.of_team(SECOND) == [2, 4]


def test_where_one_list_ends_the_other_goes_on():
    drafted = team_draft([1], [2, 3, 4], 10, Coin(HEADS, HEADS, HEADS, HEADS))

    assert drafted.product_ids == [1, 2, 3, 4]
    assert drafted.teams == [FIRST, SECOND, SECOND, SECOND]


@given(lists, lists, st.integers(0, 25), st.integers(0, 99))
def test_every_product_comes_once_and_no_place_is_left_free(first, second, n_places, seed):
    drafted = team_draft(first, second, n_places, random.Random(seed))

    assert len(set(drafted.product_ids)) == len(drafted.product_ids) == len(drafted.teams)
    assert len(drafted.product_ids) == min(n_places, len({*first, *second}))


@given(lists, lists, st.integers(0, 99))
def test_teams_pick_in_turn_and_each_in_its_own_order(first, second, seed):
    drafted = team_draft(first, second, min(len(first), len(second)), random.Random(seed))

    n_of = [drafted.teams.count(team) for team in (FIRST, SECOND)]
    assert abs(n_of[FIRST] - n_of[SECOND]) <= 1
    for team, own in ((FIRST, first), (SECOND, second)):
        places = [own.index(each) for each in drafted.of_team(team)]
        assert places == sorted(places)


def test_the_same_list_twice_gets_the_same_list_and_a_fair_share_of_teams():
    alike = list(range(1, 11))
    n_first = 0
    for seed in range(500):
        drafted = team_draft(alike, alike, 10, random.Random(seed))
        assert drafted.product_ids == alike
        n_first += drafted.teams[0] == FIRST

    assert 200 < n_first < 300


def test_units_that_chose_more_of_one_list_prefer_it_and_ties_count_half():
    # Three for the second, one for the first, one tie; who chose nothing does not count: 3.5 / 5.
    found = preference(np.array([0.0, 1, 0, 2, 1, 0]), np.array([1.0, 2, 1, 1, 1, 0]))

    assert found.value == pytest.approx(0.7)
    assert found.n_units == 5
