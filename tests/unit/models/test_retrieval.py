"""One behaviour of all retrieval models (models.retrieval), and what is each one's own."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from models.retrieval.als import ALSRetriever, fold_in
from models.retrieval.content import ContentRetriever
from models.retrieval.contract import top_k
from models.retrieval.popularity import PopularityRetriever

# Users 0-2 want items 0-2, users 3-5 items 3-5; user 2 has not met item 2 yet, 5 not 5; user 6
# is new, and so is item 6.
TWO_TASTES = csr_matrix(
    np.array(
        [
            [1, 1, 1, 0, 0, 0, 0],
            [1, 1, 1, 0, 0, 0, 0],
            [1, 1, 0, 0, 0, 0, 0],
            [0, 0, 0, 1, 1, 1, 0],
            [0, 0, 0, 1, 1, 1, 0],
            [0, 0, 0, 1, 1, 0, 0],
            [0, 0, 0, 0, 0, 0, 0],
        ],
        np.float32,
    )
)
DOCUMENTS = [
    "oak table", "oak chair", "oak bench", "green tea", "black tea", "herbal tea", "iced tea",
]  # fmt: skip
USERS = np.arange(7)

MODELS = {
    "popularity": PopularityRetriever,
    "als": lambda: ALSRetriever(n_factors=2, regularization=0.1),
    "content": lambda: ContentRetriever(n_dimensions=4),
}


@pytest.fixture(params=MODELS)
def model(request):
    return MODELS[request.param]().fit(TWO_TASTES, DOCUMENTS)


def test_what_a_user_has_seen_is_never_returned(model):
    items, _ = model.retrieve(USERS, TWO_TASTES, 7)

    for user, row in enumerate(items):
        assert not set(row[row >= 0]) & set(TWO_TASTES[user].indices)


def test_a_short_list_ends_with_minus_one_and_minus_infinity(model):
    items, scores = model.retrieve(USERS, TWO_TASTES, 20)

    assert items.shape == scores.shape == (7, 20)
    assert ((items == -1) == np.isneginf(scores)).all()
    assert (items[0] >= 0).sum() <= 4
    assert (items[:, -1] == -1).all()


def test_scores_fall_along_a_list_and_items_are_distinct(model):
    items, scores = model.retrieve(USERS, TWO_TASTES, 4)

    for row, of_row in zip(items, scores, strict=True):
        found = row[row >= 0]
        assert len(set(found)) == len(found)
        assert (np.diff(of_row[row >= 0]) <= 0).all()


def test_excluded_items_are_returned_to_nobody(model):
    items, _ = model.retrieve(USERS, TWO_TASTES, 7, excluded=np.array([2, 3]))

    assert not np.isin(items, [2, 3]).any()


def test_the_same_data_and_seed_give_the_same_lists(model):
    again = MODELS[next(name for name in MODELS if name in type(model).__name__.lower())]()

    for first, second in zip(
        model.retrieve(USERS, TWO_TASTES, 3),
        again.fit(TWO_TASTES, DOCUMENTS).retrieve(USERS, TWO_TASTES, 3),
        strict=True,
    ):
        np.testing.assert_array_equal(first, second)


def test_users_can_be_asked_for_in_any_number_and_order(model):
    whole, _ = model.retrieve(USERS, TWO_TASTES, 3)
    some, _ = model.retrieve(np.array([5, 0]), TWO_TASTES[[5, 0]], 3)
    none, _ = model.retrieve(np.array([], int), TWO_TASTES[[]], 3)

    np.testing.assert_array_equal(some, whole[[5, 0]])
    assert none.shape == (0, 3)


@pytest.mark.parametrize("name", ["als", "content"])
def test_the_missing_item_of_a_users_own_taste_comes_first(name):
    model = MODELS[name]().fit(TWO_TASTES, DOCUMENTS)

    items, _ = model.retrieve(np.array([2, 5]), TWO_TASTES[[2, 5]], 2)

    assert items[0, 0] == 2
    assert items[1, 0] == 5 or name == "content"  # to content, item 6 is tea just as well
    assert set(items[1]) & {5, 6}


@pytest.mark.parametrize("name", ["als", "content"])
def test_nothing_is_returned_to_a_user_nobody_knows(name):
    model = MODELS[name]().fit(TWO_TASTES, DOCUMENTS)

    items, _ = model.retrieve(np.array([6]), TWO_TASTES[[6]], 3)

    assert items.tolist() == [[-1, -1, -1]]


def test_popularity_knows_everybody_and_breaks_ties_by_number():
    model = PopularityRetriever().fit(TWO_TASTES, DOCUMENTS)

    items, scores = model.retrieve(np.array([6]), TWO_TASTES[[6]], 7)

    assert items.tolist() == [[0, 1, 3, 4, 2, 5, 6]]
    assert scores.tolist() == [[3, 3, 3, 3, 2, 2, 0]]


def test_als_refuses_to_learn_from_nothing():
    with pytest.raises(ValueError, match="zero interactions"):
        ALSRetriever().fit(csr_matrix((3, 3)), [""] * 3)


def test_a_guest_with_a_users_interest_gets_a_users_factors():
    model = ALSRetriever(n_factors=2, regularization=0.1, n_iterations=50).fit(
        TWO_TASTES, DOCUMENTS
    )

    guest = fold_in(np.array([0, 1]), np.ones(2, np.float32), model.item_factors_, 4.0, 0.1)

    known = model.user_factors_[2]
    cosine = guest @ known / np.linalg.norm(guest) / np.linalg.norm(known)
    assert cosine > 0.99


def test_similar_items_share_words_and_the_item_itself_is_not_among_them():
    model = ContentRetriever(n_dimensions=4).fit(TWO_TASTES, DOCUMENTS)

    items, _ = model.similar(0, 2)

    assert set(items.tolist()) == {1, 2}


@pytest.mark.parametrize("documents", [["", "", ""], ["a b", "", ""], ["same", "same", "same"]])
def test_texts_may_be_empty_or_alike(documents):
    model = ContentRetriever().fit(csr_matrix(np.eye(3, dtype=np.float32)), documents)

    items, _ = model.retrieve(np.arange(3), csr_matrix((3, 3)), 3)

    assert items.shape == (3, 3)


@settings(max_examples=60)
@given(
    st.integers(1, 8).flatmap(
        lambda n: st.lists(
            st.lists(st.integers(0, 3), min_size=n, max_size=n), min_size=1, max_size=4
        )
    ),
    st.integers(1, 10),
)
def test_the_best_are_those_of_a_full_sort(rows, k):
    scores = np.array(rows, np.float32)
    n_items = scores.shape[1]
    expected = [
        sorted(range(n_items), key=lambda item, row=row: (-row[item], item))[:k] for row in rows
    ]

    items, _ = top_k(scores.copy(), csr_matrix(scores.shape), k)

    assert [row[row >= 0].tolist() for row in items] == expected
