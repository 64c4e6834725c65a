"""Packing and asking the recommender (models.recommender, models.bundle)."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from models.bundle import Bundle, bundle
from models.evaluation.lessons import blend_taught_by, lesson_of, ranker_taught_by
from models.ranking.second_stage import SingleOrder, TwoStages
from models.recommender import PRODUCT_COLUMNS, USER_COLUMNS, Known
from models.retrieval.als import ALSRetriever
from models.retrieval.content import ContentRetriever
from models.retrieval.items import Items
from models.retrieval.saving import BrokenModelError
from tests.unit.models.logs import of_matrix

N_USERS, N_ITEMS = 60, 40
SAME_HALF = (np.arange(N_USERS)[:, None] % 2) == (np.arange(N_ITEMS) % 2)


@pytest.fixture(scope="module")
def known():
    """Two halves of users, each wanting one half of the items; ids far from rows."""
    rng = np.random.default_rng(0)
    wants = rng.random((N_USERS, N_ITEMS)) < np.where(SAME_HALF, 0.3, 0.02)
    matrix = csr_matrix(wants.astype(np.float32))
    texts = [f"thing {'oak' if item % 2 else 'tea'} {item}" for item in range(N_ITEMS)]
    return Known(
        user_ids=np.arange(N_USERS) * 10 + 5,
        item_ids=np.arange(N_ITEMS) * 7 + 1_000,
        histories=of_matrix(matrix),
        seen=matrix,
        items=Items(texts, np.arange(N_ITEMS) % 2),
        item_features=np.full((N_ITEMS, len(PRODUCT_COLUMNS)), np.nan, np.float32),
        user_features=np.full((N_USERS, len(USER_COLUMNS)), np.nan, np.float32),
    )


@pytest.fixture(scope="module")
def stages(known):
    """ALS and content, and every kind of order above them, taught by what the halves still want."""
    models = [
        model.fit(known.histories, known.items)
        for model in (ALSRetriever(n_factors=4), ContentRetriever(n_dimensions=8))
    ]
    bought = csr_matrix((SAME_HALF & ~known.seen.toarray().astype(bool)).astype(float))
    held = known.holdout(bought, np.arange(N_USERS), "by hand")
    lesson = lesson_of(models, held, known.facts, 20, 5, 0)
    orders = {
        "single": SingleOrder(0),
        "blend": blend_taught_by(lesson),
        "ranker": ranker_taught_by(lesson),
    }
    return TwoStages(models, orders, 20)


@pytest.fixture(scope="module", params=["single", "blend", "ranker"])
def made(request, known, stages):
    return bundle(known, stages, request.param, {"fitted_on": "2026-01-31"})


def test_a_user_gets_new_items_of_their_taste(made, known):
    item_ids, scores = made.for_user(15, (), 5)  # row 1: the odd half

    rows = (item_ids - 1_000) // 7
    assert (rows % 2 == 1).mean() >= 0.8
    assert not set(rows) & set(known.seen[1].indices)
    assert (np.diff(scores) <= 0).all()


def test_one_user_gets_what_many_at_once_get(made, known):
    items, _ = made.recommend(np.arange(N_USERS), known.seen, 5)

    one, _ = made.for_user(25, (), 5)

    assert one.tolist() == known.item_ids[items[2]].tolist()


def test_unwanted_items_are_left_out_and_unknown_ones_do_no_harm(made):
    first, *_ = made.for_user(15, (), 1)[0]

    item_ids, _ = made.for_user(15, [int(first), 999_999], 5)

    assert first not in item_ids


def test_whom_nobody_knows_gets_nothing_and_the_shop_falls_back(made):
    assert len(made.for_user(4, (), 5)[0]) == 0
    assert len(made.for_items([4], 5)[0]) == 0
    assert len(made.similar(4, 5)[0]) == 0
    assert len(made.popular(5)[0]) == 5


def test_a_guest_gets_items_like_those_looked_at(made):
    looked_at = [1_000, 1_014, 1_028]  # rows 0, 2, 4

    item_ids, _ = made.for_items(looked_at, 5)

    assert not set(item_ids) & set(looked_at)
    assert (((item_ids - 1_000) // 7) % 2 == 0).mean() >= 0.8


def test_more_than_there_is_gives_what_there_is(made):
    assert len(made.popular(500)[0]) == N_ITEMS
    assert len(made.similar(1_000, 500)[0]) == N_ITEMS - 1


def test_a_saved_bundle_answers_as_before(made, tmp_path):
    made.save(tmp_path / "model")

    loaded = Bundle.load(tmp_path / "model")

    assert isinstance(loaded.past.histories.items, np.memmap)
    for before, after in zip(made.for_user(15, (), 5), loaded.for_user(15, (), 5), strict=True):
        np.testing.assert_array_equal(before, after)


@pytest.mark.parametrize(
    "name", ["model-0/item_factors_.npy", "past/settings.json", "metadata.json"]
)
def test_a_bundle_with_a_missing_file_is_refused(made, tmp_path, name):
    made.save(tmp_path)
    (tmp_path / name).unlink()

    with pytest.raises(BrokenModelError, match=name.rpartition("/")[2]):
        Bundle.load(tmp_path)
