"""What the feature store is told to have, and what it has (features.store.describing)."""

from dataclasses import replace

import pytest

from features.schemas.feature_sets import PRODUCT_COLUMNS, RECOMMENDER
from features.store.describing import Feature, View, defined, differences

PRICE, SALES = Feature("price_cents", "Int64"), Feature("n_units_28d", "Int64")
PRODUCTS = View("product_features", ("product_id",), (PRICE, SALES), "lake/a", "", 259_200.0)


@pytest.mark.parametrize(
    ("there", "told"),
    [
        ([PRODUCTS], []),
        ([], ["product_features: not applied yet"]),
        ([PRODUCTS, replace(PRODUCTS, name="old")], ["old: no longer defined"]),
        (
            [replace(PRODUCTS, features=(PRICE,))],
            ["product_features: feature n_units_28d (Int64) comes"],
        ),
        (
            [replace(PRODUCTS, features=(PRICE, SALES, Feature("age", "Float64")))],
            ["product_features: feature age (Float64) goes"],
        ),
        (
            [replace(PRODUCTS, features=(Feature("price_cents", "Float64"), SALES))],
            ["product_features: feature price_cents is Float64 and becomes Int64"],
        ),
        (
            [
                replace(
                    PRODUCTS, ttl_seconds=86_400.0, services={"of_an_old_model": ("price_cents",)}
                )
            ],
            ["product_features: ttl_seconds 86400.0 becomes 259200.0"],
        ),
    ],
)
def test_every_difference_is_told_in_a_sentence(there, told):
    assert differences([PRODUCTS], there) == told


def test_a_service_that_is_not_there_yet_is_a_difference():
    wanted = replace(PRODUCTS, services={"recommender_1": ("price_cents",)})

    assert differences([wanted], [PRODUCTS]) == ["product_features: service recommender_1 comes"]


def test_views_are_told_with_their_keys_services_and_what_pushes_them(tmp_path):
    found = {view.name: view for view in defined(tmp_path / "lake")}

    assert found["product_features"].services == {RECOMMENDER.service: PRODUCT_COLUMNS}
    assert found["item_lists"].services == {}
    types = {each.name: each.type for each in found["product_features"].features}
    assert types["price_cents"] == "Int64"
    assert found["user_recent"].pushed_by == "user_recent_push"
    assert found["shopper_counts"].keys == ("shopper_key",)
    assert found["user_and_product"].keys == ("user_id", "product_id")
    assert found["user_and_product"].made_of == ("product_features", "user_features")
    assert found["user_and_product"].services == {RECOMMENDER.service: ("price_to_usual_ratio",)}
    assert found["user_at"].made_of == ("asked", "user_features")
    assert found["category_lists"].table == f"{tmp_path}/lake/derived/category_lists"
