"""Measures of ranked lists (models.evaluation.lists)."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from models.evaluation.lists import coverage, mean_reciprocal_rank, ndcg, recall


def relevant(*users, n_items=10):
    matrix = np.zeros((len(users), n_items))
    for row, items in enumerate(users):
        matrix[row, list(items)] = 1
    return csr_matrix(matrix)


def test_recall_by_hand():
    lists = np.array([[1, 2], [3, 4], [5, 6]])

    # 1 of {1, 9}; 1 of {3}; the third user has nothing to find and does not count.
    assert recall(lists, relevant({1, 9}, {3}, set())) == 0.75


@pytest.mark.parametrize(
    ("items", "truth", "expected"),
    [
        ([1, 2, 3], {1}, 1.0),
        ([1, 2, 3], {2}, 1 / np.log2(3)),
        ([1, 2, 3], {1, 2, 3, 4}, 1.0),  # the best list of three has three
        ([1, 2, 3], {1, 5}, 1 / (1 + 1 / np.log2(3))),
        ([-1, -1, -1], {0}, 0.0),  # a filler is no item 0
    ],
)
def test_ndcg_by_hand(items, truth, expected):
    assert ndcg(np.array([items]), relevant(truth)) == pytest.approx(expected)


def test_the_first_hit_gives_the_reciprocal_rank():
    assert mean_reciprocal_rank(np.array([[7, 8, 1], [1, 2, 3]]), relevant({1}, {9})) == 1 / 6


def test_coverage_counts_each_item_once_and_no_filler():
    assert coverage(np.array([[1, 2], [2, -1]]), 10) == 0.2


def test_without_anybody_to_judge_by_there_is_no_figure():
    assert np.isnan(ndcg(np.array([[1]]), relevant(set())))


orders = st.permutations(range(10)).map(lambda items: np.array([items[:5]]))
truths = st.sets(st.integers(0, 9), min_size=1)


@given(orders, truths)
def test_every_measure_is_between_none_and_all(lists, truth):
    for measure in (recall, ndcg, mean_reciprocal_rank):
        assert 0 <= measure(lists, relevant(truth)) <= 1


@given(orders, truths, st.integers(0, 3))
def test_moving_a_hit_up_never_lowers_the_gain(lists, truth, place):
    swapped = lists.copy()
    swapped[0, [place, place + 1]] = lists[0, [place + 1, place]]
    better, worse = (swapped, lists) if lists[0, place + 1] in truth else (lists, swapped)

    assert ndcg(better, relevant(truth)) >= ndcg(worse, relevant(truth)) - 1e-12
