"""Lists of products beside people's grades (models.search.judgments)."""

from math import log2

import pytest

from models.search.judgments import judged, ndcg, recall

GRADES = {1: 3, 2: 1, 3: 0, 4: 1}


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ([1, 2, 4], 1),
        ([2, 1, 4], (1 + 7 / log2(3) + 1 / 2) / (7 + 1 / log2(3) + 1 / 2)),
        ([9, 3, 1], (7 / 2) / (7 + 1 / log2(3) + 1 / 2)),
        ([3, 9], 0),
        ([], 0),
    ],
)
def test_the_gain_of_a_list_is_over_that_of_the_best_order(found, expected):
    assert ndcg(found, GRADES, 10) == pytest.approx(expected)


def test_only_the_first_places_gain():
    assert ndcg([9, 1], GRADES, 1) == 0
    assert ndcg([1, 9], GRADES, 1) == 1


def test_recall_is_of_what_is_relevant_wherever_it_stands():
    assert recall([9] * 50 + [4, 3, 1], GRADES) == pytest.approx(2 / 3)


def test_queries_with_nothing_to_find_do_not_count():
    found = judged({"lamp": [1], "nothing": [3]}, {"lamp": {1: 1}, "nothing": {3: 0}}, 10)

    assert found.queries == ["lamp"]
    assert (found.ndcg.tolist(), found.recall.tolist()) == ([1], [1])
    with pytest.raises(ValueError, match="nothing to find"):
        judged({"nothing": [3]}, {"nothing": {3: 0}}, 10)
