"""What the recommendation endpoints take and return."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from features.schemas.row import Id
from features.schemas.slots import Slot
from serving.experiments.told import InExperiment

Kind = Literal[
    "for_you", "for_session", "for_cart", "also_bought", "bought_together", "similar", "trending",
    "recently_viewed", "trending_now",
]  # fmt: skip
Source = Literal[
    "model", "session", "cart", "also_bought", "bought_together", "similar", "recently_viewed",
    "trending_category", "trending", "popular", "new", "pinned", "trending_now",
]  # fmt: skip
Ids = Annotated[list[Id], Field(max_length=20)]
Who = Annotated[str | None, Field(min_length=1, max_length=80)]
"""A session or a browser, by the id that its events have."""
MAX_ITEMS = 100


class RecommendationQuery(BaseModel):
    """Query parameters. What a type does not need is ignored; what it lacks, it does without."""

    model_config = ConfigDict(extra="forbid")

    type: Kind
    customer_id: Id | None = None
    session_id: Annotated[Who, Field(description="whose events the list shall follow")] = None
    visitor_id: Annotated[Who, Field(description="the browser's, over sessions")] = None
    product_id: Annotated[Id | None, Field(description="beside which the list is shown")] = None
    category_id: Id | None = None
    viewed: Annotated[
        Ids,
        Field(description="what was looked at, the latest first, before what events tell of it"),
    ] = []
    cart: Annotated[Ids, Field(description="products in the cart, the latest first")] = []
    slot: Annotated[Slot | None, Field(description="the place on the page, for its rules")] = None
    limit: Annotated[int, Field(ge=1, le=MAX_ITEMS)] = 10


class RecommendedItem(BaseModel):
    """One product of a list."""

    product_id: int
    rank: Annotated[int, Field(ge=1)]
    score: Annotated[float, Field(description="of its source; not to be compared between sources")]
    reason: Annotated[str, Field(description="why, in words for the shopper")]
    source: Source
    because_product_id: Annotated[int | None, Field(description="the product that led to it")]


class BundlePrice(BaseModel):
    """Products that go together, and what they cost if they are bought together.

    Prices are those of `index_date`; the cart has the day's.
    """

    product_ids: list[int]
    price_cents: list[int]
    total_cents: int


class Recommendations(BaseModel):
    """A list, best first. Where its own source runs out, the next of the chain goes on."""

    type: Kind
    items: list[RecommendedItem]
    bundle: Annotated[BundlePrice | None, Field(description="of bought_together only")]
    model_version: Annotated[str | None, Field(description="null while there is no model")]
    index_date: str
    experiments: list[InExperiment] = []
    answer_id: Annotated[str, Field(description="of this answer alone; to be sent with its events")]


class WhyQuery(BaseModel):
    """Query parameters: why somebody does, or does not, get a product in `for_you`."""

    model_config = ConfigDict(extra="forbid")

    customer_id: Annotated[Id | None, Field(description="null for a guest")] = None
    session_id: Who = None
    visitor_id: Who = None
    product_id: Id
    slot: Slot | None = None
    limit: Annotated[int, Field(ge=1, le=MAX_ITEMS)] = 10


class Opinion(BaseModel):
    """What one model says of the product."""

    model: str
    score: Annotated[float | None, Field(description="null: it has no opinion")]
    place: Annotated[int | None, Field(description="among its candidates; null if it is none")]


class Contribution(BaseModel):
    """What one of the ranker's features adds to the score (Shapley value)."""

    feature: str
    value: Annotated[float | None, Field(description="null: not known")]
    contribution: float


class CategoryShare(BaseModel):
    """How much of what was looked at lately is of a category; the shares sum to 1."""

    category_id: int
    share: float


class SessionWhy(BaseModel):
    """What events of the last minutes and hours tell of who asks, and what follows from it."""

    looked_at: Annotated[list[int], Field(description="products, the latest first")]
    searched: Annotated[list[str], Field(description="queries, the latest first")]
    categories: Annotated[list[CategoryShare], Field(description="the largest first")]
    because_product_id: Annotated[
        int | None, Field(description="what was looked at that led to the product; null if nothing")
    ]
    seconds_ago: Annotated[float, Field(description="since the last event")]


class Why(BaseModel):
    """Everything that put a product where it is in somebody's list, or kept it out."""

    customer_id: int | None
    product_id: int
    verdict: Annotated[str, Field(description="in one sentence")]
    rank: Annotated[int | None, Field(description="in the list as shown; null if not on it")]
    candidate: Annotated[bool, Field(description="whether the models found it for the customer")]
    model_rank: Annotated[int | None, Field(description="among the candidates, before any rule")]
    score: float | None
    opinions: list[Opinion]
    contributions: Annotated[list[Contribution], Field(description="the largest first")]
    session_rank: Annotated[
        int | None, Field(description="among what follows what was looked at since")
    ]
    session: Annotated[
        SessionWhy | None, Field(description="null where no event of the last hours is known")
    ]
    rules: Annotated[list[str], Field(description="that speak against it or moved it")]
    model_version: str | None
    index_date: str
