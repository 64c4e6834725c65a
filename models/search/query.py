"""A search as plain data, and as a Tantivy query. No text a shopper types is ever an error."""

import math
from dataclasses import dataclass
from typing import Literal

import tantivy
from tantivy import Occur, Query

from models.search.fields import TEXT_BOOSTS, analyzer

Sort = Literal["relevance", "price_asc", "price_desc", "popularity"]
MAX_WORDS = 32
OTHER_FIELDS_RATIO = 0.3
"""How much a word's finds beyond its best field count."""

MATCH_RATIO = 0.6


@dataclass(frozen=True)
class Search:
    """What is searched for. None: any.

    Prices are bounds, both inclusive. An empty `text` lists everything, by popularity unless
    sorted otherwise.
    """

    text: str = ""
    category_id: int | None = None
    seller_id: int | None = None
    brand: str | None = None
    min_price_cents: int | None = None
    max_price_cents: int | None = None
    in_stock: bool | None = None
    sort: Sort = "relevance"


def words(text: str) -> list[str]:
    """Return the distinct words of `text` as the index knows them, the first `MAX_WORDS`."""
    readable = text.encode("utf-8", "replace").decode()
    return list(dict.fromkeys(analyzer().analyze(readable)))[:MAX_WORDS]


def n_words_required(n_words: int) -> int:
    """Return how many of a query's words a document must have: all of two, three of five.

    More words narrow less: a long query is a description, no checklist.
    """
    return n_words if n_words <= 2 else math.ceil(MATCH_RATIO * n_words)


def build(schema: tantivy.Schema, search: Search) -> Query:
    """Return the query for what has enough of the words; its score is BM25 of the words alone."""
    return _filtered(schema, search, _having(schema, search, None))


def build_partial(schema: tantivy.Schema, search: Search) -> Query:
    """Return the query for what has some of the words, but not enough for `build`."""
    some, enough = _having(schema, search, 1), _having(schema, search, None)
    but = [(Occur.Must, some), (Occur.MustNot, enough)]
    return _filtered(schema, search, Query.boolean_query(but))


def _filtered(schema: tantivy.Schema, search: Search, query: Query) -> Query:
    filters = [(Occur.Must, _filter(each)) for each in _filters(schema, search)]
    return Query.boolean_query([*filters, (Occur.Must, query)])


def _having(schema: tantivy.Schema, search: Search, n_required: int | None) -> Query:
    """Return the query for so many of the words; None for `n_words_required`."""
    found = words(search.text)
    if found:
        required = n_words_required(len(found)) if n_required is None else n_required
        each = [(Occur.Should, _word(schema, word)) for word in found]
        return Query.boolean_query(each, required)
    if search.text.strip():
        return Query.empty_query()  # only signs: nothing can match
    return Query.all_query()


def _word(schema: tantivy.Schema, word: str) -> Query:
    finds = [
        Query.boost_query(Query.term_query(schema, field, word, "freq"), boost)
        for field, boost in TEXT_BOOSTS.items()
    ]
    return Query.disjunction_max_query(finds, OTHER_FIELDS_RATIO)


def _filters(schema: tantivy.Schema, search: Search) -> list[Query]:
    exact = {
        "category_id": search.category_id,
        "seller_id": search.seller_id,
        "brand": search.brand,
        "in_stock": search.in_stock,
    }
    filters = [
        Query.term_query(schema, field, value, "basic")
        for field, value in exact.items()
        if value is not None
    ]
    if search.min_price_cents is not None or search.max_price_cents is not None:
        bounds = (search.min_price_cents, search.max_price_cents)
        integer = tantivy.FieldType.Integer
        filters.append(Query.range_query(schema, "price_cents", integer, *bounds))
    return filters


def _filter(query: Query) -> Query:
    """Keep a filter out of the score."""
    return Query.const_score_query(query, 0.0)
