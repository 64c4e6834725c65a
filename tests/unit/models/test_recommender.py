"""Packing a recommender to be judged (models.recommender, models.bundle)."""

import numpy as np
import pytest

from models.bundle import Bundle, bundle
from models.retrieval.saving import BrokenModelError
from tests.unit.models.recommender_by_hand import N_ITEMS, N_USERS, taught


@pytest.fixture(scope="module")
def everything():
    return taught()


@pytest.fixture(scope="module", params=["single", "blend", "ranker"])
def made(request, everything):
    known, stages = everything
    return bundle(known, stages, request.param, {"fitted_on": "2026-01-31"})


def test_users_get_new_items_of_their_taste(made, everything):
    known, _ = everything

    items, scores = made.recommend(np.arange(N_USERS), known.seen, 5)

    assert (items[1] % 2 == 1).mean() >= 0.8  # the odd half
    assert not set(items[1].tolist()) & set(known.seen[1].indices)
    assert (np.diff(scores, axis=1) <= 0).all()


def test_everybody_gets_the_popular_ones_and_no_more_than_there_are(made):
    assert len(made.popular(5)[0]) == 5
    assert len(made.popular(500)[0]) == N_ITEMS


def test_a_saved_bundle_answers_as_before(made, everything, tmp_path):
    known, _ = everything
    made.save(tmp_path / "model")

    loaded = Bundle.load(tmp_path / "model")

    assert isinstance(loaded.past.histories.items.base, np.memmap)
    users = np.arange(N_USERS)
    for before, after in zip(
        made.recommend(users, known.seen, 5), loaded.recommend(users, known.seen, 5), strict=True
    ):
        np.testing.assert_array_equal(before, after)


@pytest.mark.parametrize(
    "name", ["model-0/item_factors_.npy", "past/settings.json", "metadata.json"]
)
def test_a_bundle_with_a_missing_file_is_refused(made, tmp_path, name):
    made.save(tmp_path)
    (tmp_path / name).unlink()

    with pytest.raises(BrokenModelError, match=name.rpartition("/")[2]):
        Bundle.load(tmp_path)
