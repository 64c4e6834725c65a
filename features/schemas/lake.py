"""Tables that jobs derive: one class per table, one field per column, one line of meaning per field.

`interactions`, `sessions`, `daily_demand` and `demand_history` hold in partition D what became known on
D. All other tables hold in partition D a whole picture as of the end of D, made from partitions up to D only.
"""

import datetime as dt
from typing import Annotated, Literal

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


class DemandHistory(Row):
    """What was wanted of a product on one day, hours out of stock included, as known by the end of `date`.

    Partition D holds day D of every listed product, and anew what became known on D of a product's
    earlier days (28 at most): of a product and day, the rows of the newest partition count, all of them. So a day
    costs one row per series, however long the history; a whole picture of 400 days would be written
    anew every day. A product that no unit of was left has its demand hidden; where one warehouse has
    none, the others send theirs. The warehouses' rows add up to the product's.
    """

    table = "demand_history"
    key = ("date", "product_id", "warehouse_id", "demand_date")

    product_id: int
    warehouse_id: Annotated[
        int, Field(ge=0, description="0: the whole shop, where the log tells of no warehouse")
    ]
    demand_date: Annotated[dt.date, Field(description="UTC day; at most `date`")]
    n_units_sold: Annotated[
        int,
        Field(ge=0, description="as `daily_demand`; by warehouse as the stock levels fell there"),
    ]
    n_units_returned: Annotated[int, Field(ge=0, description="given back on that day")]
    hours_out_of_stock: Annotated[
        float, Field(ge=0, le=24, description="in which there was nothing to sell, there")
    ]
    demand_units: Annotated[
        float,
        Field(ge=0, description="sold, and estimated of the hours in which no warehouse had any"),
    ]
    mean_price_cents: Annotated[
        float | None, Field(ge=0, description="of the units sold; the listed price if none was")
    ]
    discount_ratio: Annotated[
        Ratio, Field(description="by how much that is below the listed prices' median of 28 days")
    ]
    category_id: int | None
    seller_id: int | None
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
    last_order_day: Annotated[
        int | None, Field(ge=0, description="days since 1970; null if never ordered")
    ]
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
    key = ("date", "product_id", "warehouse_id", "demand_date")

    product_id: int
    warehouse_id: Annotated[int, Field(ge=0, description="0 for the whole shop")]
    demand_date: Annotated[dt.date, Field(description="1 to `horizon` days after `date`")]
    mean_units: Annotated[float, Field(ge=0)]
    p05_units: Annotated[float, Field(ge=0, description="exceeded 19 times in 20")]
    p10_units: Annotated[float, Field(ge=0, description="exceeded 9 times in 10")]
    p50_units: Annotated[float, Field(ge=0)]
    p90_units: Annotated[float, Field(ge=0, description="exceeded once in 10")]
    p95_units: Annotated[float, Field(ge=0, description="exceeded once in 20")]
    model_version: Annotated[str, Field(description="the model and what it learned from")]
    date: Day


class ForecastScore(Row):
    """What a forecast of one day's demand proved to be worth, summed over products.

    Partition D is of the demand of D as known by its end, one set of rows for each forecast of it.
    """

    table = "forecast_scores"
    key = ("date", "made_on", "segment_kind", "segment")

    made_on: Annotated[
        dt.date, Field(description="the forecast's own partition, 1 to 28 days before")
    ]
    model_version: Annotated[str, Field(description="of that forecast")]
    segment_kind: Literal["all", "pace", "category"]
    segment: Annotated[str, Field(description="`all`; rare, steady or fast; a category's id")]
    n_forecasts: Annotated[float, Field(ge=1, description="products")]
    n_units: Annotated[float, Field(ge=0, description="that were sold")]
    sum_error: Annotated[float, Field(description="mean forecast - units")]
    sum_absolute_error: Annotated[float, Field(ge=0, description="of the median")]
    sum_absolute_error_naive: Annotated[
        float, Field(ge=0, description="of the same weekday last known when it was made")
    ]
    sum_pinball_5: Annotated[float, Field(ge=0, description="quantile loss of p05, units")]
    sum_pinball_10: Annotated[float, Field(ge=0)]
    sum_pinball_50: Annotated[float, Field(ge=0)]
    sum_pinball_90: Annotated[float, Field(ge=0)]
    sum_pinball_95: Annotated[float, Field(ge=0)]
    n_within_80: Annotated[float, Field(ge=0, description="products within p10 to p90")]
    n_within_90: Annotated[float, Field(ge=0, description="within p05 to p95")]
    date: Day


class PurchaseProposal(Row):
    """What the plan made at the end of `date` would order or move for a product in a warehouse."""

    table = "purchase_proposals"
    key = ("date", "product_id", "warehouse_id")

    product_id: int
    warehouse_id: Annotated[int, Field(ge=0, description="0: the whole shop, planned as one")]
    supplier: str
    n_units: Annotated[int, Field(ge=0, description="to order")]
    unit_cost_cents: Cents
    n_moved_in: Annotated[int, Field(ge=0, description="from other warehouses")]
    n_moved_out: Annotated[int, Field(ge=0, description="to other warehouses")]
    forecast_units: Annotated[
        float, Field(ge=0, description="until an order of the next run comes")
    ]
    reorder_point: Annotated[int, Field(description="units; -1 where none are foreseen")]
    order_up_to: Count
    n_on_hand: Count
    n_reserved: Count
    n_on_order: Count
    lead_time_days: Annotated[float, Field(ge=0)]
    lead_time_spread_days: Annotated[float, Field(ge=0)]
    service_class: Annotated[str, Field(description="AX to CZ: by revenue and variation")]
    service_level: Annotated[Ratio, Field(description="of units wanted that shall be there")]
    capped_by: Annotated[str, Field(description="'', 'shelf_life' or 'budget'")]
    sentence: Annotated[str, Field(description="why, in words")]
    date: Day


class StockCost(Row):
    """What it cost on `date` that a product lacked units or had too many: estimates by `models.evaluation.stock_costs`."""

    table = "stock_costs"
    key = ("date", "product_id")

    product_id: int
    hidden_units: Annotated[float, Field(ge=0, description="wanted while there was nothing")]
    lost_margin_cents: Annotated[float, Field(ge=0, description="that these would have earned")]
    stock_units: Annotated[float, Field(ge=0, description="at the day's end")]
    excess_units: Annotated[float, Field(ge=0, description="of these, for longer than 56 days")]
    holding_cost_cents: Annotated[float, Field(ge=0, description="of these, for the day")]
    date: Day


class ExperimentResult(Row):
    """What a metric of an arm came to by the end of `date`, and how far from control's that is."""

    table = "experiment_results"
    key = ("date", "experiment", "experiment_version", "arm", "metric")

    experiment: str
    experiment_version: Annotated[int, Field(ge=1)]
    arm: str
    metric: Annotated[
        str, Field(description="or `preference`: of an interleaved arm's units for its second way")
    ]
    is_control: bool
    n_units: Annotated[int, Field(ge=0, description="that were exposed")]
    value: Annotated[float | None, Field(description="null where there is nothing to divide by")]
    value_low: Annotated[float | None, Field(description="95 of 100 intervals hold the truth")]
    value_high: float | None
    lift_ratio: Annotated[float | None, Field(description="value / control's - 1")]
    lift_low: Annotated[float | None, Field(description="for one look")]
    lift_high: float | None
    p_value: Annotated[float | None, Field(description="of no difference, for one look")]
    cuped_difference: Annotated[
        float | None, Field(description="from control's, freed of what was there before")
    ]
    cuped_low: Annotated[float | None, Field(description="holds at all looks together")]
    cuped_high: float | None
    variance_left_ratio: Annotated[
        float | None, Field(description="of the difference's variance, after CUPED")
    ]
    sequential_low: Annotated[
        float | None, Field(description="of value - control's; holds at all looks together")
    ]
    sequential_high: float | None
    sequential_p_value: Annotated[float | None, Field(description="valid whenever one looks")]
    mismatch_p_value: Annotated[
        float, Field(description="of units by arm as they were shared out; below .001: broken")
    ]
    verdict: Literal["control", "better", "worse", "undecided", "breach", "broken"]
    date: Day


class QualityFinding(Row):
    """What was measured of data, features and models on `date`, beside its bound: `jobs.watch_quality`."""

    table = "quality_findings"
    key = ("date", "alert", "subject")

    alert: Annotated[str, Field(description="what is watched: skew, drift, missing_day, ...")]
    subject: Annotated[str, Field(description="a table, a column or an artefact")]
    model: Annotated[
        str, Field(description="whose page tells it: recommender, search, demand or data")
    ]
    value: float
    bound: Annotated[float, Field(description="a value above it is breached")]
    is_breached: bool
    since: Annotated[
        dt.date | None, Field(description="the first of the days in a row it was breached on")
    ]
    sentence: Annotated[str, Field(description="what was found, in words")]
    date: Day


DERIVED: tuple[type[Row], ...] = (
    Interaction,
    Session,
    DailyDemand,
    DemandHistory,
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
    ForecastScore,
    StockCost,
    PurchaseProposal,
    ExperimentResult,
    QualityFinding,
)
