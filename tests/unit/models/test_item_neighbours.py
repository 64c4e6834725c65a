"""Item neighbours (models.retrieval.item_neighbours): items that the same users want."""

import numpy as np
import pytest

from models.retrieval.histories import histories
from models.retrieval.item_neighbours import ItemNeighboursRetriever


def of_table(rows):
    """Histories of a table of weights, one row per user."""
    table = np.array(rows, np.float32)
    users, items = np.nonzero(table)
    return histories(users, items, table[users, items], np.zeros(len(users)), table.shape)


# Cosines: items 0 and 1 1 / sqrt(2), items 0 and 2 1 / sqrt(4), items 1 and 2 none.
WANTED = of_table(
    [
        [1, 1, 0, 0],
        [1, 0, 1, 0],
        [0, 0, 1, 0],
    ]
)


def fitted(**parameters):
    return ItemNeighboursRetriever(**parameters).fit(WANTED, [""] * 4)


@pytest.mark.parametrize(
    ("history", "expected"),
    [
        ([1, 0, 0, 0], [0, 0.5**0.5, 0.5, -np.inf]),
        ([0, 1, 2, 0], [0.5**0.5 + 1, 0, 0, -np.inf]),
        ([0, 0, 0, 0], [-np.inf] * 4),
        ([0, 0, 0, 1], [-np.inf] * 4),
    ],
)
def test_an_items_score_is_its_cosines_to_the_history(history, expected):
    scores = fitted().score(of_table([history]))

    assert scores[0].tolist() == pytest.approx(expected)


def test_only_the_nearest_count():
    scores = fitted(n_neighbours=1).score(of_table([[1, 0, 0, 0]]))

    assert scores[0].tolist() == pytest.approx([0, 0.5**0.5, 0, -np.inf])


def test_bm25_puts_the_rarer_item_first_too():
    scores = fitted(weighting="bm25").score(of_table([[1, 0, 0, 0]]))

    assert scores[0, 1] > scores[0, 2] > 0


def test_the_neighbours_do_not_depend_on_the_threads():
    one, two = fitted(n_threads=1), fitted(n_threads=2)

    np.testing.assert_array_equal(one.score(WANTED), two.score(WANTED))


def test_nobody_is_known_where_nobody_wanted_anything():
    model = ItemNeighboursRetriever().fit(of_table([[0, 0]]), ["", ""])

    assert np.isneginf(model.score(of_table([[1, 0]]))).all()
