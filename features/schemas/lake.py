"""Tables that jobs derive: one class per table, one field per column, one line of meaning per field.

`interactions`, `sessions` and `daily_demand` hold in partition D what became known on D. All other
tables hold in partition D a whole picture as of the end of D, made from partitions up to D only.
"""

import datetime as dt
from typing import Annotated

from pydantic import AwareDatetime, Field

from features.schemas.row import Cents, Count, Day, Ratio, Row


class Interaction(Row):
    """What one user did with one item on one day."""

    table = "interactions"
    key = ("date", "user_id", "item_id", "occurred_on")

    user_id: Annotated[int, Field(description="`customer_id` of the shop")]
    item_id: Annotated[int, Field(description="`product_id` of the shop")]
    occurred_on: Annotated[dt.date, Field(description="UTC day it happened; at most `date`")]
    n_views: Count
    n_carts: Count
    n_purchases: Annotated[int, Field(ge=0, description="order lines, not units")]
    n_returns: Annotated[int, Field(ge=0, description="order lines given back")]
    last_at: Annotated[AwareDatetime, Field(description="the last of these, UTC")]
    date: Day


class Session(Row):
    """One visit: a visitor's events with no gap of 30 minutes or more."""

    table = "sessions"
    key = ("date", "session_key")

    session_key: Annotated[str, Field(description="the visitor and the visit's first second")]
    visitor_id: Annotated[str, Field(description="'c' + customer, or 's' + the client's session")]
    user_id: int | None
    started_at: AwareDatetime
    ended_at: AwareDatetime
    n_events: Annotated[int, Field(ge=1)]
    n_searches: Count
    n_impressions: Count
    n_views: Count
    n_carts: Count
    date: Day


class DailyDemand(Row):
    """Units of a product sold on one day, as far as that became known on `date`.

    The demand of a day as known by the end of D is the sum over partitions up to D.
    """

    table = "daily_demand"
    key = ("date", "product_id", "demand_date")

    product_id: int
    demand_date: Annotated[dt.date, Field(description="UTC day of the sale")]
    n_units_sold: Count
    n_units_returned: Annotated[int, Field(ge=0, description="given back on that day")]
    n_orders: Count
    revenue_cents: Annotated[int, Field(ge=0, description="of the units sold")]
    date: Day


class UserItem(Row):
    """How much a user wants an item as of the end of `date`: a cell of the training matrix."""

    table = "user_items"
    key = ("date", "user_id", "item_id")

    user_id: int
    item_id: int
    weight: Annotated[float, Field(description="decayed sum; below zero after returns")]
    n_purchases: Count
    last_at: AwareDatetime
    date: Day


class CoPurchase(Row):
    """Two products in the same baskets over the trailing window."""

    table = "co_purchases"
    key = ("date", "item_id", "other_item_id")

    item_id: int
    other_item_id: int
    n_baskets: Annotated[int, Field(ge=1, description="that hold both")]
    support_ratio: Annotated[Ratio, Field(description="baskets with both / all baskets")]
    confidence_ratio: Annotated[Ratio, Field(description="with both / with `item_id`")]
    lift: Annotated[float, Field(ge=0, description="1 if bought independently")]
    rank: Annotated[int, Field(ge=1, description="of `other_item_id` for `item_id`, from 1")]
    date: Day


class Trending(Row):
    """Products whose decayed demand is highest, over all and within each category."""

    table = "trending"
    key = ("date", "category_id", "rank")

    category_id: Annotated[int, Field(ge=0, description="0 for the whole shop")]
    item_id: int
    score: Annotated[float, Field(ge=0, description="decayed weighted events")]
    rank: Annotated[int, Field(ge=1)]
    date: Day


class ProductFeatures(Row):
    """What is known of a product at the end of `date`."""

    table = "product_features"
    key = ("date", "product_id")

    product_id: int
    n_views_7d: Count
    n_views_28d: Count
    n_carts_28d: Count
    n_units_7d: Count
    n_units_28d: Count
    n_returns_28d: Count
    conversion_ratio: Annotated[float, Field(ge=0, description="smoothed purchases / views")]
    rebuy_ratio: Annotated[
        Ratio, Field(description="smoothed share of the year's buyers who bought on 2 days or more")
    ]
    return_ratio: Annotated[
        float, Field(ge=0, description="smoothed units given back / sold, of the year")
    ]
    n_reviews: Annotated[int, Field(ge=0, description="published")]
    mean_rating: Annotated[
        float, Field(ge=1, le=5, description="stars, smoothed towards the shop's mean")
    ]
    look_ratio: Annotated[
        float | None,
        Field(ge=0, description="smoothed looks / times examined where shown; null if nothing was"),
    ]
    price_cents: Cents
    category_price_ratio: Annotated[
        float, Field(gt=0, description="price / the median of the category's")
    ]
    n_available: Annotated[int | None, Field(ge=0, description="units; null if never told")]
    category_id: int | None
    available_at: Annotated[AwareDatetime, Field(description="end of `date`: known from then on")]
    date: Day


class UserFeatures(Row):
    """What is known of a user at the end of `date`."""

    table = "user_features"
    key = ("date", "user_id")

    user_id: int
    n_orders_28d: Count
    n_orders_all: Count
    n_views_28d: Count
    spend_cents_all: Count
    mean_price_cents: Annotated[float, Field(ge=0, description="of units bought; 0 if none")]
    days_since_last_order: Annotated[int, Field(ge=-1, description="-1 if never ordered")]
    favourite_category_id: int | None
    recent_item_ids: Annotated[list[int], Field(description="last 20 looked at, newest first")]
    bought_item_ids: Annotated[
        list[int],
        Field(description="last 20 bought, newest first; not those given back to the last unit"),
    ]
    available_at: Annotated[AwareDatetime, Field(description="end of `date`: known from then on")]
    date: Day


class ItemLists(Row):
    """The lists that serving shows beside a product, best first."""

    table = "item_lists"
    key = ("date", "product_id")

    product_id: int
    also_bought_ids: Annotated[list[int], Field(description="by confidence, popular ones damped")]
    bought_together_ids: Annotated[list[int], Field(description="by lift, with enough support")]
    available_at: Annotated[AwareDatetime, Field(description="end of `date`: known from then on")]
    date: Day


class CategoryLists(Row):
    """The lists that serving shows for a category."""

    table = "category_lists"
    key = ("date", "category_id")

    category_id: Annotated[int, Field(ge=0, description="0 for the whole shop")]
    trending_ids: Annotated[list[int], Field(description="best first")]
    available_at: Annotated[AwareDatetime, Field(description="end of `date`: known from then on")]
    date: Day


class SearchDocument(Row):
    """A product as the search index holds it."""

    table = "search_documents"
    key = ("date", "product_id")

    product_id: int
    title: str
    description: str
    category_id: int | None
    category_path: str | None
    brand: str | None
    seller_id: int | None
    price_cents: Cents
    attributes: Annotated[str, Field(description="JSON object of strings")]
    in_stock: Annotated[bool, Field(description="true where no stock level is known")]
    popularity: Annotated[float, Field(ge=0, description="recent decayed demand")]
    n_views_28d: Count
    n_carts_28d: Count
    n_units_28d: Annotated[int, Field(ge=0, description="sold in the last 28 days")]
    look_ratio: Annotated[float | None, Field(ge=0, description="as in `product_features`")]
    conversion_ratio: Annotated[float | None, Field(ge=0, description="as in `product_features`")]
    category_price_ratio: Annotated[
        float | None, Field(gt=0, description="as in `product_features`")
    ]
    mean_rating: Annotated[
        float | None,
        Field(ge=1, le=5, description="as in `product_features`; null without reviews"),
    ]
    n_reviews: Annotated[int, Field(ge=0, description="published")]
    listed_on: Annotated[dt.date, Field(description="UTC day it was first published")]
    date: Day


class SearchQuery(Row):
    """What became of a query in the 28 days that end on `date`."""

    table = "search_queries"
    key = ("date", "query")

    query: Annotated[str, Field(description="in lower case, its words one blank apart")]
    n_searches: Annotated[int, Field(ge=1)]
    n_sessions: Annotated[int, Field(ge=1, description="client sessions that searched for it")]
    n_empty: Annotated[int, Field(ge=0, description="searches after which nothing was shown")]
    n_clicked: Annotated[int, Field(ge=0, description="searches after which a find was looked at")]
    n_carted: Annotated[int, Field(ge=0, description="and one was put in the cart")]
    n_reformulated: Annotated[
        int, Field(ge=0, description="without a look, and within 5 minutes another query")
    ]
    mean_click_position: Annotated[
        float | None, Field(ge=1, description="of the first find looked at; null if none was")
    ]
    date: Day


class Reformulation(Row):
    """How often shoppers who looked at nothing tried another query, in the 28 days that end on `date`."""

    table = "reformulations"
    key = ("date", "query", "next_query")

    query: str
    next_query: Annotated[str, Field(description="within 5 minutes of the first")]
    n_sessions: Annotated[int, Field(ge=1, description="client sessions that did so")]
    n_helped: Annotated[int, Field(ge=0, description="of these, found something to look at then")]
    date: Day


class DemandForecast(Row):
    """Units of a product that will be wanted on a day, as foreseen at the end of `date`."""

    table = "demand_forecasts"
    key = ("date", "product_id", "demand_date")

    product_id: int
    demand_date: Annotated[dt.date, Field(description="1 to `horizon` days after `date`")]
    mean_units: Annotated[float, Field(ge=0)]
    p10_units: Annotated[float, Field(ge=0, description="exceeded 9 times in 10")]
    p50_units: Annotated[float, Field(ge=0)]
    p90_units: Annotated[float, Field(ge=0, description="exceeded once in 10")]
    date: Day


DERIVED: tuple[type[Row], ...] = (
    Interaction,
    Session,
    DailyDemand,
    UserItem,
    CoPurchase,
    Trending,
    ProductFeatures,
    UserFeatures,
    ItemLists,
    CategoryLists,
    SearchDocument,
    SearchQuery,
    Reformulation,
    DemandForecast,
)
