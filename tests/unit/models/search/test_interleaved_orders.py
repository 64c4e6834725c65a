"""Two orders of a search shown as one list (models.search.second_stage.Beside)."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.evaluation.experiments.interleaving import FIRST, SECOND
from models.search.features import COLUMN
from models.search.second_stage import Beside, SecondStage
from models.search.signals import NO_SIGNALS

IDS = list(range(1, 9))
VALUES = [8.0, 7, 6, 5, 4, 3, 2, 1]


class ByPlace:
    """Keeps the words' order, or turns it over."""

    def __init__(self, sign):
        self.sign = sign
        self.name = "by place"

    def logarithms(self, features):
        return -self.sign * features[:, COLUMN["place"]].astype(np.float64)


UP, DOWN = ByPlace(1), ByPlace(-1)


def listed(seed):
    beside = Beside(DOWN, seed)
    stage = SecondStage(UP, beside=beside)
    return [IDS[place] for place, _ in stage.reordered(IDS, VALUES, NO_SIGNALS)], beside


@given(st.text(max_size=5))
def test_the_list_is_a_draft_of_both_and_knows_whose_each_product_is(seed):
    found, beside = listed(seed)

    drafted = beside.of(found)
    assert sorted(found) == IDS
    assert drafted.of_team(FIRST) == [1, 2, 3, 4]
    assert drafted.of_team(SECOND) == [8, 7, 6, 5]
    assert {found[0], found[1]} == {1, 8}


def test_the_same_seed_draws_the_same_list():
    assert listed("c7")[0] == listed("c7")[0]
    assert len({tuple(listed(f"c{number}")[0]) for number in range(20)}) > 5


def test_of_a_product_that_was_not_drafted_no_list_is_told():
    _, beside = listed("c7")

    assert beside.of([99]).product_ids == []
