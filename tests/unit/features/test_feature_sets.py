"""What a model learns from has a version (features.schemas.feature_sets)."""

from dataclasses import replace

import pytest

from features.schemas.feature_sets import RECOMMENDER, FeatureSet, OnDemand
from features.schemas.lake import ProductFeatures, UserFeatures

OF_PRODUCTS = FeatureSet("ranker", {ProductFeatures: ("price_cents", "n_units_7d")})


@pytest.mark.parametrize(
    "other",
    [
        {ProductFeatures: ("price_cents",)},
        {ProductFeatures: ("n_units_7d", "price_cents")},
        {ProductFeatures: ("price_cents", "n_units_7d"), UserFeatures: ("n_orders_all",)},
    ],
    ids=["one fewer", "another order", "of users too"],
)
def test_other_features_are_another_version(other):
    assert replace(OF_PRODUCTS, columns=other).service != OF_PRODUCTS.service


def test_the_same_features_are_the_same_version_whoever_asks():
    again = FeatureSet("ranker", {ProductFeatures: ("price_cents", "n_units_7d")})

    assert again.service == OF_PRODUCTS.service
    assert again.service.startswith("ranker_")


def test_what_is_made_of_columns_is_part_of_the_version():
    other = replace(RECOMMENDER, on_demand=OnDemand("user_and_product", {"ratio": ("a", "b")}))

    assert other.service != RECOMMENDER.service
    assert other.views["user_features"] == RECOMMENDER.views["user_features"]
    assert replace(RECOMMENDER, on_demand=None).service != RECOMMENDER.service


def test_each_view_has_a_version_of_its_own():
    less = replace(
        RECOMMENDER, columns={**RECOMMENDER.columns, UserFeatures: ("mean_price_cents",)}
    )

    assert less.views["product_features"] == RECOMMENDER.views["product_features"]
    assert less.views["user_features"] != RECOMMENDER.views["user_features"]
