"""What items are like, from their texts (models.retrieval.words, .content)."""

import numpy as np
import pytest

from models.retrieval.content import ContentRetriever
from models.retrieval.items import Items
from models.retrieval.words import WordsRetriever
from tests.unit.models.logs import of_lists

ITEMS = Items(["oak table", "oak chair", "green tea", "black tea", ""], np.full(5, -1))
MODELS = {"words": WordsRetriever, "content": lambda: ContentRetriever(n_dimensions=4)}


def drawn(rows, n_items=5):
    return of_lists(rows, n_items)


@pytest.fixture(params=MODELS)
def model(request):
    return MODELS[request.param]().fit(drawn([[]]), ITEMS)


def test_items_with_the_users_words_come_before_others(model):
    scores = model.score(drawn([[0]]))

    assert scores[0, 0] == pytest.approx(1)
    assert scores[0, 1] > scores[0, 2] == pytest.approx(0, abs=1e-3)


def test_what_was_met_last_says_most(model):
    scores = model.score(drawn([[0, 3], [3, 0]]))

    assert scores[0, 2] > scores[0, 1]
    assert scores[1, 1] > scores[1, 2]


def test_neither_items_nor_users_without_a_word_have_a_score(model):
    scores = model.score(drawn([[0], [4], []]))

    assert np.isneginf(scores).tolist() == [[False] * 4 + [True], [True] * 5, [True] * 5]


def test_sharpness_is_a_power_of_the_cosine():
    plain = WordsRetriever(sharpness=1.0).fit(drawn([[]]), ITEMS)
    sharp = WordsRetriever(sharpness=3.0).fit(drawn([[]]), ITEMS)

    asking = drawn([[0]])

    np.testing.assert_allclose(
        sharp.score(asking)[0, :4], plain.score(asking)[0, :4] ** 3, rtol=1e-5
    )


def test_a_user_alone_gets_the_same_answer_as_in_company(model):
    asking = drawn([[0, 1, 0], [], [2], [4]])

    together = model.score(asking)

    for user in range(4):
        np.testing.assert_allclose(
            model.score(asking.part(np.array([user])))[0], together[user], rtol=1e-5
        )
    assert together.dtype == np.float32


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("documents", [["", "", ""], ["a b", "", ""], ["same", "same", "same"]])
def test_texts_may_be_empty_or_alike(name, documents):
    model = MODELS[name]().fit(drawn([[0], [1]], 3), Items(documents, np.full(3, -1)))

    scores = model.score(drawn([[0], []], 3))

    assert scores.shape == (2, 3)
    assert not np.isnan(scores).any()
