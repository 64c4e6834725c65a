"""MLlib's factors behind the contract of all retrieval models: the same suite runs over them."""

import numpy as np
import pytest

from features.transforms.item_factors import Factorisation, item_factors
from models.retrieval.given_factors import GivenFactorsRetriever, factor_matrix
from models.retrieval.saving import load, save
from tests.unit.models.test_retrieval import (  # noqa: F401 - these are run here
    TWO_TASTES,
    test_a_short_list_ends_with_minus_one_and_minus_infinity,
    test_a_users_scores_are_the_same_alone_and_among_others,
    test_excluded_items_are_returned_to_nobody,
    test_scores_are_numbers_or_minus_infinity,
    test_scores_fall_along_a_list_and_items_are_distinct,
    test_the_missing_item_of_a_users_own_taste_comes_before_the_others,
    test_what_a_user_has_seen_is_never_returned,
    test_whom_nobody_knows_is_told_nothing,
)

pytestmark = pytest.mark.spark
SETTINGS = Factorisation(n_factors=2, regularization=0.01, alpha=10, n_iterations=5, seed=0)


@pytest.fixture(scope="module")
def model(spark):
    wanted = TWO_TASTES.matrix().tocoo()
    cells = zip(wanted.row.tolist(), wanted.col.tolist(), wanted.data.tolist(), strict=True)
    rows = spark.createDataFrame(list(cells), "user int, item int, weight float")
    found = item_factors(rows, SETTINGS).toPandas()
    factors = factor_matrix(found["item"].to_numpy(), np.stack(found["factors"]), 7)
    return GivenFactorsRetriever(factors, SETTINGS.regularization, SETTINGS.alpha)


@pytest.fixture
def name():
    return "GivenFactorsRetriever"


def test_a_saved_model_answers_as_before(model, tmp_path):
    save(model, tmp_path)

    loaded = load(GivenFactorsRetriever, tmp_path)

    np.testing.assert_array_equal(loaded.score(TWO_TASTES), model.score(TWO_TASTES))
