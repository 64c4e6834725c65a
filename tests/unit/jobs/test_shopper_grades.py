"""Grades by what shoppers did with what they were shown (jobs.shopper_grades)."""

import numpy as np

from jobs.shopper_grades import shopper_grades
from models.search.behaviour import ShownSearches


def shown(queries, rows):
    """Searches of the queries; rows are (search, product, outcome)."""
    search, product, outcome = np.array(rows).T
    n = len(queries)
    return ShownSearches(
        search, product, np.ones(len(rows), np.int64), outcome, queries, np.zeros(n), np.zeros(n)
    )


def test_the_cart_is_worth_more_than_a_look_and_what_was_passed_over_nothing():
    found = shopper_grades(shown(["lamp"], [(0, 7, 0), (0, 8, 1), (0, 9, 2)]), 10)

    assert found == {"lamp": {8: 1, 9: 3}}


def test_of_several_searches_for_the_same_the_best_counts():
    searches = shown(["lamp", "lamp"], [(0, 7, 2), (1, 7, 1)])

    assert shopper_grades(searches, 10) == {"lamp": {7: 3}}


def test_the_most_searched_are_kept_and_those_without_any_look_are_not():
    searches = shown(
        ["vase", "lamp", "lamp", "desk", "desk", "desk"],
        [(0, 1, 1), (1, 2, 1), (2, 2, 0), (3, 3, 0), (4, 3, 0), (5, 3, 0)],
    )

    assert list(shopper_grades(searches, 1)) == ["lamp"]
