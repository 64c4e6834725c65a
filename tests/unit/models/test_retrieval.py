"""One behaviour of all retrieval models (models.retrieval), and what is each one's own."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from models.families import RETRIEVERS
from models.retrieval.als import ALSRetriever
from models.retrieval.content import ContentRetriever
from models.retrieval.contract import retrieve, top_k
from models.retrieval.items import Items
from models.retrieval.popularity import PopularityRetriever
from models.retrieval.saving import BrokenModelError, load, save
from tests.unit.models.logs import drawn

# Users 0-2 want items 0-2, users 3-5 items 3-5; user 2 has not met item 2 yet, 5 not 5; user 6
# is new, and so is item 6.
TWO_TASTES = drawn("0 1 2", "1 2 0", "0 1", "3 4 5", "4 5 3", "3 4", "", n_items=7)
SEEN = TWO_TASTES.matrix()
TEXTS = [
    "oak table", "oak chair", "oak bench", "green tea", "black tea", "herbal tea", "iced tea",
]  # fmt: skip
ITEMS = Items(TEXTS, np.array([0, 0, 0, 1, 1, 1, 1]))
USERS = np.arange(7)
SMALL = {"n_factors": 2, "n_dimensions": 4}
"""Settings that suit seven users; whatever a model does not know is left out."""

KNOWS_NOBODY = {"PopularityRetriever"}
"""Models that have an opinion without any history."""
ONLY_OWN = {"OwnHistoryRetriever"}
"""Models of what a user had before: they find nothing new."""


def small(name):
    kind = RETRIEVERS[name]
    known = {field.name for field in dataclasses.fields(kind)}
    return kind(**{key: value for key, value in SMALL.items() if key in known})


@pytest.fixture(params=RETRIEVERS)
def name(request):
    return request.param


@pytest.fixture
def model(name):
    return small(name).fit(TWO_TASTES, ITEMS)


def test_what_a_user_has_seen_is_never_returned(model):
    items, _ = retrieve(model, TWO_TASTES, SEEN, 7)

    for user, row in enumerate(items):
        assert not set(row[row >= 0]) & set(SEEN[user].indices)


def test_a_short_list_ends_with_minus_one_and_minus_infinity(model):
    items, scores = retrieve(model, TWO_TASTES, SEEN, 20)

    assert items.shape == scores.shape == (7, 20)
    assert ((items == -1) == np.isneginf(scores)).all()
    assert (items[0] >= 0).sum() <= 4
    assert (items[:, -1] == -1).all()


def test_scores_fall_along_a_list_and_items_are_distinct(model):
    items, scores = retrieve(model, TWO_TASTES, csr_matrix(SEEN.shape), 4)

    for row, of_row in zip(items, scores, strict=True):
        found = row[row >= 0]
        assert len(set(found)) == len(found)
        assert (np.diff(of_row[row >= 0]) <= 0).all()


def test_excluded_items_are_returned_to_nobody(model):
    items, _ = retrieve(model, TWO_TASTES, SEEN, 7, excluded=np.array([2, 3]))

    assert not np.isin(items, [2, 3]).any()


def test_the_same_data_and_seed_give_the_same_scores(name, model):
    again = small(name).fit(TWO_TASTES, ITEMS)

    np.testing.assert_array_equal(model.score(TWO_TASTES), again.score(TWO_TASTES))


def test_a_users_scores_are_the_same_alone_and_among_others(model):
    whole = model.score(TWO_TASTES)

    for user in USERS:
        alone = model.score(TWO_TASTES.part(np.array([user])))
        np.testing.assert_allclose(alone[0], whole[user], rtol=1e-5, atol=1e-6)
    assert model.score(TWO_TASTES.part(np.array([], int))).shape == (0, 7)


def test_scores_are_numbers_or_minus_infinity(model):
    scores = model.score(TWO_TASTES)

    assert scores.dtype == np.float32
    assert scores.shape == (7, 7)
    assert not np.isnan(scores).any()
    assert not np.isposinf(scores).any()


def test_whom_nobody_knows_is_told_nothing(name, model):
    scores = model.score(drawn("", n_items=7))

    assert np.isneginf(scores).all() != (name in KNOWS_NOBODY)


def test_the_missing_item_of_a_users_own_taste_comes_before_the_others(name, model):
    if name in KNOWS_NOBODY | ONLY_OWN:
        pytest.skip("has no taste")
    items, _ = retrieve(model, TWO_TASTES, SEEN, 1)

    assert items[2, 0] == 2
    assert items[5, 0] in (5, 6)  # to content and categories, item 6 is tea just as well


def test_a_saved_model_answers_as_before(name, model, tmp_path):
    save(model, tmp_path)

    loaded = load(RETRIEVERS[name], tmp_path, RETRIEVERS)

    np.testing.assert_array_equal(loaded.score(TWO_TASTES), model.score(TWO_TASTES))


@pytest.mark.parametrize("lines", [["0"], ["0", "0"], ["0 1", ""], ["0 0 0"]])
def test_the_smallest_logs_can_be_learnt_from(name, lines):
    log = drawn(*lines, n_items=2)

    scores = small(name).fit(log, Items(["", ""], np.array([-1, -1]))).score(log)

    assert scores.shape == (len(lines), 2)
    assert not np.isnan(scores).any()


def test_a_folder_of_another_model_is_refused(tmp_path):
    save(PopularityRetriever().fit(TWO_TASTES, ITEMS), tmp_path)

    with pytest.raises(BrokenModelError, match="holds PopularityRetriever"):
        load(ALSRetriever, tmp_path)


def test_popularity_knows_everybody_and_breaks_ties_by_number():
    model = PopularityRetriever().fit(TWO_TASTES, ITEMS)

    items, scores = retrieve(model, drawn("", n_items=7), csr_matrix((1, 7)), 7)

    assert items.tolist() == [[0, 1, 3, 4, 2, 5, 6]]
    assert scores.tolist() == [[3, 3, 3, 3, 2, 2, 0]]


def test_popularity_may_fade():
    log = drawn("0 0 0 1", n_items=2)  # on days 0, 1, 2 and 3

    model = PopularityRetriever(half_life_days=1).fit(log, Items.unknown(2))

    assert model.score(log).tolist() == [[1 / 8 + 1 / 4 + 1 / 2, 1.0]]


def test_own_items_count_by_how_lately_they_came():
    model = RETRIEVERS["OwnHistoryRetriever"](decay=0.5)

    scores = model.score(drawn("0 1 0 2", n_items=4))

    assert scores.tolist() == [[1 / 8 + 1 / 2, 1 / 4, 1.0, -np.inf]]


def test_popularity_counts_within_the_categories_a_user_wants():
    log = drawn("0 0 1 3", "3 3", n_items=5)
    items = Items.unknown(5)
    items = Items(items.documents, np.array([0, 0, 0, 1, 1]))

    scores = RETRIEVERS["CategoryPopularityRetriever"](prior_events=0).fit(log, items).score(log)

    # User 0: 3 of 4 events are of category 0, where item 0 has 2 of 3 events and item 1 the other.
    np.testing.assert_allclose(scores, [[0.5, 0.25, 0, 0.25, 0], [0, 0, 0, 1, 0]], atol=1e-6)


def test_als_refuses_to_learn_from_nothing():
    with pytest.raises(ValueError, match="zero interactions"):
        ALSRetriever().fit(drawn("", "", n_items=3), Items.unknown(3))


def test_similar_items_share_words_and_the_item_itself_is_not_among_them():
    model = ContentRetriever(n_dimensions=4).fit(TWO_TASTES, ITEMS)

    items, _ = model.similar(0, 2)

    assert set(items.tolist()) == {1, 2}


@pytest.mark.parametrize("texts", [["", "", ""], ["a b", "", ""], ["same", "same", "same"]])
def test_texts_may_be_empty_or_alike(texts):
    log = drawn("0", "1", "2")

    scores = ContentRetriever().fit(log, Items(texts, np.full(3, -1))).score(log)

    assert scores.shape == (3, 3)
    assert not np.isnan(scores).any()


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
