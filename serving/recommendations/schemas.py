"""What the recommendation endpoint takes and returns."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from features.schemas.row import Id

Kind = Literal[
    "for_you", "also_bought", "bought_together", "similar", "trending", "recently_viewed"
]
Source = Literal[
    "model", "model_recent", "also_bought", "bought_together", "similar", "recently_viewed",
    "trending_category", "trending", "popular",
]  # fmt: skip


class RecommendationQuery(BaseModel):
    """Query parameters. What a type does not need is ignored; what it lacks, it does without."""

    model_config = ConfigDict(extra="forbid")

    type: Kind
    customer_id: Id | None = None
    product_id: Id | None = None
    category_id: Id | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 10


class RecommendedItem(BaseModel):
    """One product of a list."""

    product_id: int
    rank: Annotated[int, Field(ge=1)]
    score: Annotated[float, Field(description="of its source; not to be compared between sources")]
    reason: Annotated[str, Field(description="why, in words for the shopper")]
    source: Source


class Recommendations(BaseModel):
    """A list, best first. Where its own source runs out, the next of the chain goes on."""

    type: Kind
    items: list[RecommendedItem]
    model_version: Annotated[str | None, Field(description="null while there is no model")]
    index_date: str
