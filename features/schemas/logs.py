"""The shop's logs: what `transactional` and `serving` record, what loaders and the simulator imitate.

Each class is at once a message (one JSON object in the outbox or the event stream, without `date`)
and a table of the lake (`raw/`, `validated/`, `quarantine/`).
"""

import datetime as dt
from typing import Annotated, Literal

from pydantic import Field

from features.schemas.row import Cents, Count, Id, LogRow, NotAfter, RequiredFor

LogDay = Annotated[dt.date, Field(description="the partition: UTC day of `recorded_at`")]
CLICK_KINDS_OF_A_PRODUCT = ("impression", "click", "view", "cart", "purchase")


class OrderLine(LogRow):
    """Some units of one product, sold at one price or given back."""

    table = "order_lines"

    order_id: Id
    line_number: Annotated[int, Field(ge=1, description="within the order, from 1")]
    customer_id: Annotated[Id | None, Field(description="null for a guest")]
    product_id: Id
    kind: Annotated[Literal["sale", "return"], Field(description="a return gives units back")]
    quantity: Annotated[int, Field(ge=1, le=100_000, description="units; positive in a return too")]
    unit_price_cents: Annotated[int, Field(ge=1, le=10**9, description="of that moment")]
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$", description="ISO 4217")]
    region: Annotated[str | None, Field(max_length=80, description="country or state")]
    date: LogDay


class ClickstreamEvent(LogRow):
    """A shopper searched, was shown something, looked at it, put it in the cart or bought it.

    `click` is a choice on a list; the `view` that follows it tells the same place, and counts. `purchase` is for
    shops whose orders are not in `order_lines`; Emporium's own shop never logs it.
    """

    table = "clickstream"
    rules = (
        NotAfter("occurred_at", "recorded_at"),
        RequiredFor("product_id", "kind", CLICK_KINDS_OF_A_PRODUCT),
        RequiredFor("query", "kind", ("search",)),
    )

    session_id: Annotated[str, Field(min_length=1, max_length=80, description="made by the client")]
    visitor_id: Annotated[
        str | None,
        Field(max_length=80, description="the browser's own, over sessions; null without consent"),
    ] = None
    customer_id: Annotated[Id | None, Field(description="null for a guest")]
    kind: Literal["search", "impression", "click", "view", "cart", "purchase"]
    product_id: Annotated[Id | None, Field(description="null for a search")]
    query: Annotated[str | None, Field(max_length=200, description="what was searched for")]
    surface: Annotated[
        str | None, Field(max_length=40, description="the list it was on: search, trending, ...")
    ]
    slot: Annotated[str | None, Field(max_length=40, description="where on the page it stood")] = (
        None
    )
    position: Annotated[int | None, Field(ge=1, description="place in that list, from 1")]
    answer_id: Annotated[
        str | None, Field(max_length=80, description="of the answer that held the list")
    ] = None
    price_shown_cents: Annotated[Cents | None, Field(description="price the shopper saw")]
    date: LogDay


class ProductVersion(LogRow):
    """A product as it was from `occurred_at` on, until its next version."""

    table = "products"

    product_id: Id
    external_id: Annotated[str | None, Field(max_length=80, description="the seller's own code")]
    title: Annotated[str, Field(min_length=1, max_length=300)]
    description: Annotated[str, Field(max_length=20_000)]
    category_id: Annotated[Id | None, Field(description="of the innermost category")]
    category_path: Annotated[
        str | None, Field(max_length=300, description="from the outermost, joined by ' > '")
    ]
    brand: Annotated[str | None, Field(max_length=120)]
    seller_id: Id | None
    price_cents: Annotated[int, Field(ge=1, le=10**9)]
    attributes: Annotated[str, Field(description="JSON object of strings")]
    status: Literal["published", "archived"]
    date: LogDay


class StockLevel(LogRow):
    """How many units of a product could be sold after a movement, one row for each warehouse it was in."""

    table = "stock_levels"

    product_id: Id
    n_available: Annotated[int, Field(ge=0, description="units, in all open warehouses together")]
    reason: Literal["received", "sold", "returned", "corrected", "opening"]
    warehouse_id: Annotated[
        Id | None, Field(description="where units moved; null where the producer does not tell")
    ]
    n_available_there: Annotated[
        Count | None, Field(description="units that can be sold from that warehouse")
    ]
    date: LogDay


class Customer(LogRow):
    """A customer registered. No name, no address: persons stay in the shop's database."""

    table = "customers"

    customer_id: Id
    region: Annotated[str | None, Field(max_length=80, description="country or state")]
    date: LogDay


class Review(LogRow):
    """What became of a review of a product; its last row holds. No text and no customer."""

    table = "reviews"

    review_id: Id
    product_id: Id
    rating: Annotated[int, Field(ge=1, le=5, description="stars")]
    status: Annotated[
        Literal["published", "hidden", "deleted"],
        Field(description="published counts; an operator hides, the author deletes"),
    ]
    date: LogDay


class ExperimentChange(LogRow):
    """What an operator, or a guardrail, did with an experiment; its last row holds."""

    table = "experiments"

    name: Annotated[str, Field(min_length=1, max_length=40)]
    experiment_version: Annotated[
        int, Field(ge=1, description="counts up when units are put into arms anew")
    ]
    state: Literal["draft", "running", "stopped"]
    reason: Annotated[str | None, Field(max_length=500, description="why it was stopped")]
    definition: Annotated[
        str, Field(max_length=20_000, description="`features.schemas.experiments.Experiment`, JSON")
    ]
    date: LogDay


class Exposure(LogRow):
    """An answer that an experiment had a say in, and to whom; the control's answers are exposures, too."""

    table = "exposures"

    experiment: Annotated[str, Field(min_length=1, max_length=40)]
    experiment_version: Annotated[int, Field(ge=1)]
    arm: Annotated[str, Field(min_length=1, max_length=40)]
    propensity: Annotated[
        float, Field(ge=0.0001, le=1, description="the chance the unit had of this arm")
    ]
    unit_id: Annotated[
        str,
        Field(
            min_length=2,
            max_length=81,
            description="what was put into the arm: 'c' + customer, 'v' + visitor, 's' + session",
        ),
    ]
    customer_id: Annotated[Id | None, Field(description="null for a guest")]
    visitor_id: Annotated[str | None, Field(max_length=80, description="a browser's own id")]
    session_id: Annotated[str | None, Field(max_length=80)]
    surface: Annotated[
        str, Field(max_length=40, description="the recommendations' type, or search")
    ]
    slot: Annotated[str | None, Field(max_length=40, description="the place on the page")]
    answer_id: Annotated[str | None, Field(max_length=80, description="of the answer itself")]
    model_version: Annotated[
        str | None, Field(max_length=80, description="of what ordered the list; null: no model")
    ]
    latency_ms: Annotated[float, Field(ge=0, description="that the answer took, in the process")]
    first_product_ids: Annotated[
        str | None,
        Field(max_length=2000, description="of an interleaved list: what counts for the first way"),
    ]
    second_product_ids: Annotated[
        str | None, Field(max_length=2000, description="and for the second; ids joined by ','")
    ]
    date: LogDay


class Answer(LogRow):
    """A list of products that serving answered with, and all it was made from; `event_id` is the answer's id.

    Kept for 30 days (`jobs.forget_answers`). What is told of several products is in the order they were shown in.
    """

    table = "answers"

    endpoint: Literal["recommendations", "search", "category"]
    kind: Annotated[str | None, Field(max_length=40, description="of recommendations: their type")]
    slot: Annotated[str | None, Field(max_length=40, description="the place on the page")]
    query: Annotated[str, Field(max_length=4_000, description="JSON object: what was asked for")]
    customer_id: Annotated[Id | None, Field(description="null for a guest")]
    visitor_id: Annotated[str | None, Field(max_length=80, description="the browser's own")]
    session_id: Annotated[str | None, Field(max_length=80, description="made by the client")]
    product_ids: Annotated[str, Field(max_length=1_800, description="separated by commas")]
    scores: Annotated[
        str, Field(max_length=1_800, description="separated by commas; of their sources")
    ]
    sources: Annotated[
        str, Field(max_length=2_000, description="of recommendations, separated by commas")
    ]
    because_ids: Annotated[
        str, Field(max_length=1_800, description="the product that led to each; 0 for none")
    ]
    model_version: Annotated[str | None, Field(max_length=80, description="null without a model")]
    search_order: Annotated[
        str | None, Field(max_length=80, description="of a search: its second stage")
    ]
    index_name: Annotated[str, Field(max_length=200, description="the version of the index")]
    index_date: Annotated[str, Field(max_length=10, description="its day")]
    feature_times: Annotated[
        str,
        Field(
            max_length=1_000,
            description="JSON object: since when what was read of the feature store holds, by view: seconds "
            "since 1970, of several the earliest and the latest",
        ),
    ]
    product_feature_names: Annotated[
        str, Field(max_length=1_000, description="separated by commas")
    ]
    product_features: Annotated[
        str,
        Field(
            max_length=20_000,
            description="what the ranking read: a row for each product, base64 of little-endian float32; nan "
            "where not known, or where the ranking did not read the product's",
        ),
    ]
    user_feature_names: Annotated[str, Field(max_length=1_000, description="separated by commas")]
    user_features: Annotated[
        str, Field(max_length=1_000, description="as `product_features`, one row")
    ]
    acts: Annotated[
        str, Field(max_length=2_000, description="JSON object: what the customer did last, by list")
    ]
    applied_rules: Annotated[
        str,
        Field(max_length=8_000, description="JSON object: what moved products or kept them out"),
    ]
    experiments: Annotated[
        str, Field(max_length=2_000, description="JSON list: name and arm of each")
    ]
    duration_microseconds: Annotated[int, Field(ge=0, description="from the question to the list")]
    date: LogDay


LOGS: tuple[type[LogRow], ...] = (
    ProductVersion,
    Customer,
    StockLevel,
    OrderLine,
    ClickstreamEvent,
    Review,
    ExperimentChange,
    Exposure,
    Answer,
)
"""In the order they are validated: a line refers to products, so products come first."""
