"""Grades of search answers by what shoppers did with them, where nobody was asked to grade."""

from collections import Counter, defaultdict

import numpy as np

from models.ranking.shown import IN_THE_CART, LOOKED_AT
from models.search.behaviour import ShownSearches
from models.search.judgments import Grades

GRADES = {LOOKED_AT: 1, IN_THE_CART: 3}


def shopper_grades(shown: ShownSearches, n_queries: int) -> dict[str, Grades]:
    """Return grades of the most searched queries: 3 for what was put in the cart, 1 for a look.

    What was passed over, or never shown, has none and counts as not relevant: the order that was shown
    has an advantage over one that would show something else.
    """
    grades: dict[str, dict[int, int]] = defaultdict(dict)
    wanted = np.nonzero(shown.outcome > 0)[0]
    for row in wanted.tolist():
        of_query = grades[shown.queries[shown.search[row]]]
        product, grade = int(shown.product[row]), GRADES[int(shown.outcome[row])]
        of_query[product] = max(grade, of_query.get(product, 0))
    n_searches = Counter(shown.queries)
    often = sorted(grades, key=lambda query: (-n_searches[query], query))
    return {query: grades[query] for query in often[:n_queries]}
