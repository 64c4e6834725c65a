"""What the search endpoints take and return."""

import datetime as dt
import json
from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from features.schemas.row import Cents, Id
from models.search.index import Engine
from models.search.query import Sort
from serving.experiments.told import InExperiment

Brand = Annotated[str, Field(max_length=120)]
Attribute = Annotated[str, Field(max_length=130, pattern="^[^=]+=.+$", description="name=value")]
CategoryPath = Annotated[str, Field(min_length=1, max_length=300)]
Who = Annotated[str | None, Field(min_length=1, max_length=80)]
MAX_CHOSEN = 50


def in_text(attributes: Mapping[str, Any]) -> dict[str, str]:
    """Return a JSON object with texts for values."""
    return {name: str(value) for name, value in attributes.items()}


def _object(attributes: Any) -> dict[str, str]:  # noqa: ANN401 - JSON
    return in_text(json.loads(attributes) if isinstance(attributes, str) else attributes)


class Product(BaseModel):
    """A product as the index has it; stock and price are those of `index_date`."""

    product_id: int
    title: str
    description: str
    category_id: int | None
    category_path: str | None
    brand: str | None
    seller_id: int | None
    price_cents: int
    attributes: Annotated[dict[str, str], BeforeValidator(_object)]
    in_stock: bool
    popularity: float
    n_units_28d: int | None
    mean_rating: Annotated[float | None, Field(description="smoothed; null without reviews")]
    n_reviews: int | None
    listed_on: dt.date | None


class CategoryCount(BaseModel):
    """How many matches are in a category."""

    category_id: int
    n_products: int


class LevelCount(BaseModel):
    """How many matches are in a category or below it."""

    path: str
    n_products: int


class BrandCount(BaseModel):
    """How many matches are of a brand."""

    brand: str
    n_products: int


class SellerCount(BaseModel):
    """How many matches are a seller's."""

    seller_id: int
    n_products: int


class StockCount(BaseModel):
    """How many matches are in stock, or not."""

    in_stock: bool
    n_products: int


class PriceCount(BaseModel):
    """How many matches cost from one price on and less than another, in cents; null: any."""

    from_cents: int | None
    below_cents: int | None
    n_products: int


class StarsCount(BaseModel):
    """How many matches have at least so many stars."""

    min_stars: int
    n_products: int


class ValueCount(BaseModel):
    """How many matches have a value of an attribute."""

    value: str
    n_products: int


class AttributeCounts(BaseModel):
    """The values of an attribute that matches have."""

    name: str
    values: list[ValueCount]


class Facets(BaseModel):
    """Counts over all matches, each under the filters of the others: what choosing it would show.

    The largest first, prices from the lowest.
    """

    categories: list[CategoryCount]
    levels: Annotated[
        list[LevelCount], Field(description="categories by their paths, with all below them")
    ]
    brands: list[BrandCount]
    sellers: list[SellerCount]
    stock: list[StockCount]
    stars: list[StarsCount]
    prices: list[PriceCount]
    attributes: Annotated[list[AttributeCounts], Field(description="that most matches have")]


class ProductPage(BaseModel):
    """A page of products, best first; `next_cursor` is null on the last page."""

    products: list[Product]
    n_total: Annotated[
        int, Field(description="that have enough of the words; if none has, that have any")
    ]
    partial_from: Annotated[
        int | None,
        Field(description="from this place of the page on (0 is the first) products lack words"),
    ]
    corrections: Annotated[
        dict[str, str],
        Field(description="words that nothing has, as typed, and what was looked for instead"),
    ]
    dropped: Annotated[
        list[str],
        Field(description="where nothing has enough of the words: those that the best match lacks"),
    ]
    facets: Facets
    next_cursor: str | None
    index_date: str
    engine: Annotated[
        Engine, Field(description="what answered: tantivy too, while OpenSearch does not")
    ]
    redirect_url: Annotated[
        str | None, Field(description="a path or page that operators want shown for this search")
    ]
    applied_rules: Annotated[
        list[int],
        Field(
            description="ids of operators' rules that shaped this page; hidings of all searches apart"
        ),
    ]
    experiments: list[InExperiment] = []
    answer_id: Annotated[str, Field(description="of this answer alone; to be sent with its events")]


class Filters(BaseModel):
    """Query parameters of a listing. Prices are cents, both bounds inclusive.

    `brand` and `seller` may be given several times: any of them will do. So may `attribute`, as
    `name=value`: any of one name's values will do, and of each name one.
    """

    model_config = ConfigDict(extra="forbid")

    min_price: Cents | None = None
    max_price: Cents | None = None
    brand: Annotated[list[Brand], Field(max_length=MAX_CHOSEN)] = []
    seller: Annotated[list[Id], Field(max_length=MAX_CHOSEN)] = []
    in_stock: bool | None = None
    min_stars: Annotated[int, Field(ge=1, le=5)] | None = None
    attribute: Annotated[list[Attribute], Field(max_length=MAX_CHOSEN)] = []
    sort: Sort = "relevance"
    cursor: Annotated[str, Field(max_length=200)] | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 20

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if None not in (self.min_price, self.max_price) and self.min_price > self.max_price:  # type: ignore[operator]
            raise ValueError("min_price is above max_price")
        return self


class ProductQuery(Filters):
    """Query parameters of a search; without `q` everything is listed, by popularity."""

    q: Annotated[str, Field(max_length=500)] = ""
    category: Annotated[list[Id], Field(max_length=MAX_CHOSEN)] = []
    category_path: Annotated[
        list[CategoryPath],
        Field(max_length=MAX_CHOSEN, description="with all below; or in one of `category`"),
    ] = []
    personal: Annotated[
        bool, Field(description="by relevance, in the order that suits who searches")
    ] = False
    customer_id: Id | None = None
    session_id: Who = None
    visitor_id: Who = None
    semantic: Annotated[
        bool, Field(description="by relevance, behind what has the words what is near in meaning")
    ] = False

    @model_validator(mode="after")
    def _known(self) -> Self:
        who = (self.customer_id, self.session_id, self.visitor_id)
        if self.personal and all(each is None for each in who):
            raise ValueError(
                "personal needs customer_id, session_id or visitor_id: whose search it is"
            )
        return self


class SearchWhyQuery(ProductQuery):
    """Query parameters of a search, and a product of its answer; `cursor` and `limit` do not matter."""

    product_id: Id


class FoundWords(BaseModel):
    """Words of the query, and what the product's finds of them add to its text value."""

    words: str
    value: Annotated[float, Field(description="in all; 0 if the product does not have them")]
    fields: Annotated[dict[str, float], Field(description="what has them, each field by itself")]


class Summand(BaseModel):
    """A feature, and what it adds to the logarithm of what the product is worth."""

    feature: str
    value: Annotated[float | None, Field(description="null where it is not known")]
    contribution: float


class SecondStageWhy(BaseModel):
    """What put the product among the others that the words found."""

    ordered_by: Annotated[str, Field(description="formula, or the version that was learnt")]
    place: Annotated[int, Field(description="from 1, before operators' weights and pins")]
    worth: float
    features: Annotated[list[Summand], Field(description="those that add most first")]
    words: Annotated[
        float, Field(description="what the query's words beyond the first add to the logarithm")
    ]
    personal: Annotated[
        list[Summand], Field(description="what the customer did last; empty unless asked for")
    ]


class PersonalBy(BaseModel):
    """The products whose brands, categories and prices a personal search goes by, the latest first."""

    looked_at: list[int]
    bought: list[int]


class SearchWhy(BaseModel):
    """Why a product stands where it does, by the embedded index, whatever answers searches."""

    product_id: int
    place: Annotated[int, Field(description="in the whole list, from 1")]
    text_place: Annotated[
        int | None, Field(description="by the words alone; null for what only a pin brings")
    ]
    text_value: float | None
    has_enough_words: bool
    parts: list[FoundWords]
    second_stage: Annotated[
        SecondStageWhy | None,
        Field(description="null in other orders, without words, and behind the first 200"),
    ]
    personal_by: Annotated[PersonalBy | None, Field(description="null unless asked for")]
    rules_factor: Annotated[float, Field(description="of operators' weights")]
    applied_rules: list[int]
    index_date: str
    engine: Engine


class SuggestionQuery(BaseModel):
    """Query parameters of suggestions."""

    model_config = ConfigDict(extra="forbid")

    q: Annotated[str, Field(max_length=500, description="what was typed so far")]
    limit: Annotated[int, Field(ge=1, le=20)] = 8


class SuggestedQuery(BaseModel):
    """How what was typed may go on."""

    text: str
    n_products: Annotated[
        int | None, Field(description="that are called so; null where not all were looked at")
    ]


class SuggestedCategory(BaseModel):
    """A category of the best finds."""

    category_id: int
    path: str | None


class SuggestedProduct(BaseModel):
    """A product that the best suggestion finds."""

    product_id: int
    title: str


class SuggestionPage(BaseModel):
    """Suggestions, the most frequent first; categories and products are of the first of them."""

    suggestions: list[SuggestedQuery]
    categories: list[SuggestedCategory]
    products: list[SuggestedProduct]
    index_date: str
