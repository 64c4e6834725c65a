"""How good a search's lists are, by people's grades of what should be found.

Source: Jarvelin, Kekalainen, "Cumulated gain-based evaluation of IR techniques" (ACM TOIS 2002), with
gain 2**grade - 1 (Burges et al., "Learning to rank using gradient descent", ICML 2005) and log2(1 + place)
as discount. What nobody graded counts as not relevant.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Grades = Mapping[int, int]
"""By product id; 0 is not relevant."""
Values = NDArray[np.float64]


@dataclass(frozen=True)
class Judged:
    """What lists came to, one value per query with anything relevant.

    Parameters
    ----------
    ndcg : array of shape (n,)
        Over the first k places.
    recall : array of shape (n,)
        Share of all relevant products that are on the list.
    """

    queries: Sequence[str]
    ndcg: Values
    recall: Values


def judged(lists: Mapping[str, Sequence[int]], judgments: Mapping[str, Grades], k: int) -> Judged:
    """Judge lists of product ids, best first; queries of which nothing is relevant don't count.

    Raises
    ------
    ValueError
        If no query has anything relevant.
    """
    queries = [query for query, grades in judgments.items() if max(grades.values(), default=0) > 0]
    if not queries:
        raise ValueError("no query has a product of a grade above 0: there is nothing to find")
    return Judged(
        queries,
        np.array([ndcg(lists[query], judgments[query], k) for query in queries]),
        np.array([recall(lists[query], judgments[query]) for query in queries]),
    )


def ndcg(found: Sequence[int], grades: Grades, k: int) -> float:
    """Return the discounted gain of the first k places over that of the best order, 0 to 1."""
    best = sorted(grades.values(), reverse=True)
    return _gain([grades.get(each, 0) for each in found], k) / _gain(best, k)


def recall(found: Sequence[int], grades: Grades) -> float:
    """Return which share of the relevant products was found, 0 to 1."""
    relevant = {product_id for product_id, grade in grades.items() if grade > 0}
    return len(relevant & set(found)) / len(relevant)


def _gain(grades: Sequence[int], k: int) -> float:
    first = np.array(grades[:k], np.float64)
    return float(((2**first - 1) / np.log2(np.arange(len(first)) + 2)).sum())
