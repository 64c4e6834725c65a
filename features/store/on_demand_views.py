"""On-demand views: what the feature store makes of stored features when somebody asks (`features.on_demand`)."""

import pandas as pd
from feast import Field, RequestSource
from feast.feature_view import FeatureView
from feast.on_demand_feature_view import OnDemandFeatureView
from feast.transformation.pandas_transformation import PandasTransformation
from feast.types import Float64, Int64

from features.on_demand import days_since, ratio
from features.schemas.feature_sets import PAIR
from features.schemas.lake import ProductFeatures, UserFeatures

ASKED = RequestSource(name="asked", schema=[Field(name="asked_at_seconds", dtype=Int64)])
"""What who asks has to tell beside the keys: when it is for, seconds since 1970."""
USER_AT = "user_at"
"""The view of a user as of the moment."""


def price_ratios(known: pd.DataFrame) -> pd.DataFrame:
    """Return `price_to_usual_ratio`: a product's price over the mean of what the user bought."""
    return pd.DataFrame(
        {
            name: ratio(known[of_product], known[of_user]).astype(float)
            for name, (of_product, of_user) in PAIR.ratios.items()
        }
    )


def days_ago(known: pd.DataFrame) -> pd.DataFrame:
    """Return `n_days_since_last_order`, nan for who never ordered."""
    days = days_since(known["last_order_day"].astype(float), known["asked_at_seconds"])
    return pd.DataFrame({"n_days_since_last_order": days})


def on_demand_views(views: dict[str, FeatureView]) -> list[OnDemandFeatureView]:
    """Return the on-demand views over the batch views, by whose features they are made."""
    product, user = views[ProductFeatures.table], views[UserFeatures.table]
    return [
        OnDemandFeatureView(
            name=PAIR.view,
            sources=[product, user],
            schema=[Field(name=name, dtype=Float64) for name in PAIR.ratios],
            feature_transformation=PandasTransformation(price_ratios, PAIR.view),
            mode="pandas",
            description="of a user and a product: what its price is to who usually pays so much",
        ),
        OnDemandFeatureView(
            name=USER_AT,
            sources=[user, ASKED],
            schema=[Field(name="n_days_since_last_order", dtype=Float64)],
            feature_transformation=PandasTransformation(days_ago, USER_AT),
            mode="pandas",
            description="of a user at a moment, later than what the batch knows",
        ),
    ]
