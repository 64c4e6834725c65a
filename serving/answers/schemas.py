"""What is told of an answer."""

import datetime as dt
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field


class AnsweredProduct(BaseModel):
    """A product of the list as it was shown."""

    product_id: int
    rank: Annotated[int, Field(description="on this page, from 1")]
    score: float | None
    source: Annotated[str | None, Field(description="of recommendations")]
    because_product_id: Annotated[int | None, Field(description="the product that led to it")]
    kept_ratio: Annotated[
        float | None, Field(description="what returns and reviews leave of its relevance")
    ]
    factor: Annotated[float | None, Field(description="of operators' weights in the slot")]
    features: Annotated[
        dict[str, float | None] | None,
        Field(
            description="that the ranking read, by name; null where it read none of this product"
        ),
    ]


class FeatureTime(BaseModel):
    """Since when what was read of a view of the feature store holds."""

    view: str
    earliest: dt.datetime
    latest: dt.datetime


class ExplainedAnswer(BaseModel):
    """An answer of the last 30 days, and all that it was made from."""

    answer_id: str
    answered_at: dt.datetime
    endpoint: Literal["recommendations", "search", "category"]
    kind: str | None
    slot: str | None
    query: Annotated[dict[str, Any], Field(description="the parameters that were not the default")]
    customer_id: int | None
    visitor_id: str | None
    session_id: str | None
    products: list[AnsweredProduct]
    user_features: dict[str, float | None]
    feature_times: list[FeatureTime]
    acts: Annotated[dict[str, list[int]], Field(description="what the customer did last, by list")]
    model_version: str | None
    search_order: str | None
    index_name: str
    index_date: str
    rules: Annotated[
        dict[str, Any], Field(description="that shaped it: of the slot, of the search, corrections")
    ]
    experiments: list[dict[str, Any]]
    duration_microseconds: int
    found_in: Annotated[str, Field(description="redis while it waits to be collected, then lake")]
