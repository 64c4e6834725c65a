"""A model answers only by the features that it learned from (serving.recommendations.model)."""

from dataclasses import replace

import pytest

from features.schemas.feature_sets import RECOMMENDER
from serving.recommendations.model import OtherFeaturesError, refuse_other_features
from tests.unit.serving.shop_by_hand import links, model


def trained_on(**about):
    return replace(model({2: [3]}, {2: [9]}, links(), links(_1=[2])), metadata=about)


def test_a_model_of_other_features_is_refused_with_what_to_do():
    with pytest.raises(OtherFeaturesError) as refusal:
        refuse_other_features(trained_on(feature_service="recommender_0ld"), "7")

    told = str(refusal.value)
    assert "recommender 7 was trained on the features recommender_0ld" in told
    assert f"{RECOMMENDER.service} are served: run the DAG train_recommendations" in told


@pytest.mark.parametrize("about", [{"feature_service": RECOMMENDER.service}, {}])
def test_a_model_of_these_features_or_of_before_that_was_kept_answers(about):
    refuse_other_features(trained_on(**about), "7")
