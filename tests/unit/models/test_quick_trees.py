"""Trees read from LightGBM score as it does, to the last bit (models.ranking.quick_trees)."""

import lightgbm
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.ranking.quick_trees import QuickTrees, UnknownTreeError

N_COLUMNS = 4


def learned(n_leaves=15, categories=()):
    """Trees over columns of which the first is often unknown and the last is never."""
    rng = np.random.default_rng(0)
    features = rng.normal(size=(2_000, N_COLUMNS)).astype(np.float32)
    features[rng.random(2_000) < 0.3, 0] = np.nan
    features[:, 3] = rng.integers(0, 4, 2_000)
    target = np.nan_to_num(features[:, 0], nan=0.7) * features[:, 1] + features[:, 3]
    wanted = {"num_leaves": n_leaves, "verbosity": -1, "num_threads": 1, "min_data_in_leaf": 5}
    data = lightgbm.Dataset(features, target, categorical_feature=list(categories))
    return lightgbm.train(wanted, data, 20)


@pytest.fixture(scope="module")
def booster():
    return learned()


@given(
    rows=st.lists(
        st.lists(
            st.floats(width=32, allow_infinity=True, allow_nan=True),
            min_size=N_COLUMNS,
            max_size=N_COLUMNS,
        ),
        min_size=1,
        max_size=30,
    )
)
@settings(deadline=None)
def test_any_row_scores_as_in_lightgbm(booster, rows):
    features = np.array(rows, np.float32)

    scores = QuickTrees.of(booster).score(np.ascontiguousarray(features.T))

    assert scores.tolist() == booster.predict(features).tolist()


def test_values_on_a_threshold_go_left_as_in_lightgbm(booster):
    trees = QuickTrees.of(booster)
    columns = np.tile(trees.thresholds, (N_COLUMNS, 1))

    assert trees.score(columns).tolist() == booster.predict(columns.T).tolist()


def test_trees_of_too_many_leaves_are_refused():
    with pytest.raises(UnknownTreeError, match="33 leaves, more than 32"):
        QuickTrees.of(learned(33))


def test_tests_for_categories_are_refused():
    with pytest.raises(UnknownTreeError, match="=="):
        QuickTrees.of(learned(categories=[3]))
