"""What became of searches, as lessons and as a judge (models.search.behaviour)."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.schemas.lake import SearchDocument
from models.search.behaviour import (
    MAX_POSITION,
    PRIOR_LOOKS,
    Finds,
    ShownSearches,
    examination,
    found,
    gains,
    lessons,
    ndcg,
    together,
)
from models.search.features import COLUMN
from models.search.signals import COLUMNS, NO_SIGNALS, Signals
from tests.tables import arrow


def shown(*lists, queries=None, days=None):
    """Searches, each a list of (product, position, outcome)."""
    rows = [(n, *row) for n, each in enumerate(lists) for row in each]
    search, product, position, outcome = (
        np.array(column, np.int64) for column in zip(*rows, strict=True)
    )
    return ShownSearches(
        search,
        product,
        position,
        outcome,
        queries or ["lamp"] * len(lists),
        np.array(days or [1] * len(lists)),
        np.zeros(len(lists), np.int64),
    )


def test_a_place_is_examined_as_much_as_products_that_stood_at_both_say():
    """The example of tests/spark/test_looks.py: both estimates are the same."""
    at = [
        (1, 5, 40, 20),
        (2, 5, 40, 10),
        (1, 6, 90, 90),
        (2, 7, 10, 5),
        (3, 7, 10, 5),
        (5, 8, 10, 0),
    ]
    lists = [
        [(product, position, int(n < n_looked))]
        for position, product, n_shown, n_looked in at
        for n in range(n_shown)
    ]

    at_places = examination(shown(*lists))

    second = (20 * 0.25 + PRIOR_LOOKS) / (20 * 0.5 + PRIOR_LOOKS)
    assert at_places[1:6] == pytest.approx([1, second, second, second, second])
    assert len(at_places) == MAX_POSITION + 1


def test_a_look_counts_the_more_the_less_its_place_is_examined():
    searches = shown([(1, 1, 1), (2, 2, 1), (3, 2, 2), (4, 3, 0)])

    assert gains(searches, np.array([1, 1, 0.5, 0.25])).tolist() == [1, 2, 6, 0]


def test_the_measure_is_the_discounted_gain_over_the_mean_best():
    """Two lists of two: 3 and 1 wanted, and 1 alone. Best: 3 + 1 / log2(3), and 1."""
    searches = shown([(1, 1, 2), (2, 2, 1)], [(1, 1, 0), (2, 2, 1)])
    gained = np.array([3.0, 1.0, 0.0, 1.0])

    measured = ndcg(searches, np.array([1.0, 2.0, 5.0, 4.0]), gained, 2)

    second = 1 / np.log2(3)
    best = (3 + second + 1) / 2
    assert measured == pytest.approx([(1 + 3 * second) / best, second / best])
    assert ndcg(searches, gained, gained, 2).mean() == pytest.approx(1)


def test_what_scores_alike_comes_by_id_wherever_it_was_shown():
    searches = shown([(2, 1, 1), (1, 2, 0)])

    assert ndcg(searches, np.zeros(2), np.array([1.0, 0.0]), 1).tolist() == [0]


def test_where_nothing_was_looked_at_there_is_nothing_to_judge_by():
    with pytest.raises(ValueError, match="nothing to judge by"):
        ndcg(shown([(1, 1, 0)]), np.zeros(1), np.zeros(1), 10)


LISTS = st.lists(
    st.lists(
        st.tuples(st.integers(1, 9), st.integers(1, 5), st.integers(0, 2)), min_size=1, max_size=4
    ),
    min_size=1,
    max_size=6,
)


@given(LISTS, st.integers(0, 6))
def test_telling_are_the_last_lists_on_which_one_was_wanted_more_than_another(lists, n_most):
    searches = shown(*lists, queries=[str(n) for n in range(len(lists))])

    telling = searches.telling(n_most)

    told = [str(n) for n, each in enumerate(lists) if len({outcome for *_, outcome in each}) > 1]
    assert list(telling.queries) == told[-n_most:] * (n_most > 0)
    assert telling.n_shown.tolist() == [len(lists[int(query)]) for query in telling.queries]


@given(LISTS, LISTS)
def test_days_put_together_are_all_their_lists(first, second):
    both = together([shown(*first), shown(*second)])

    whole = shown(*first, *second)
    assert both.search.tolist() == whole.search.tolist()
    assert both.product.tolist() == whole.product.tolist()
    assert len(together([])) == 0


def test_a_lesson_is_what_the_text_said_and_what_was_known_before_the_day():
    told = Signals.of_table(
        arrow(
            SearchDocument,
            """
            product_id | look_ratio
            -----------+-----------
            7          | 0.1
            8          | 0.3
            """,
        ).select(COLUMNS)
    )
    searches = shown([(7, 1, 1), (9, 2, 0)], [(8, 1, 1)], queries=["lamp", "desk"], days=[1, 2])
    nothing = np.empty(0, np.int64)
    finds = {
        "lamp": Finds(np.array([8, 7]), np.array([4.0, 1.0]), 1),
        "desk": Finds(nothing, nothing.astype(float), 1),
    }

    known = lessons(searches, finds.get, {1: told, 2: NO_SIGNALS}.get)

    assert found(searches, finds.get).product.tolist() == [7]
    assert known[:, COLUMN["text_ratio"]].tolist() == [0.25, 0, 0]
    assert known[0, COLUMN["place"]] == pytest.approx(np.log(2))
    assert np.isnan(known[1:, COLUMN["place"]]).all()
    assert known[0, COLUMN["look_lift"]] == pytest.approx(np.log(0.5))
    assert np.isnan(known[1:, COLUMN["look_lift"]]).all()
