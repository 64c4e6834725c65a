"""A search as plain data, and as a Tantivy query. No text a shopper types is ever an error.

A query is made of parts: words, and measures or model numbers, which are found as their words or as
one (`models.search.codes`).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import tantivy
from tantivy import Occur, Query

from models.search.codes import wanted
from models.search.fields import CODE_BOOST, CODES, TEXT_BOOSTS, analyzer, form_analyzer

Sort = Literal[
    "relevance", "price_asc", "price_desc", "popularity", "rating", "newest", "best_selling"
]
MAX_WORDS = 32
MAX_CHARACTERS = 1_000
"""What a query says after so many is not looked for."""
OTHER_FIELDS_RATIO = 0.3
"""How much a word's finds beyond its best field count."""

MATCH_RATIO = 0.6


@dataclass(frozen=True)
class Search:
    """What is searched for. None or nothing: any; of several, each will do.

    Prices are bounds, both inclusive. An empty `text` lists everything, by popularity unless
    sorted otherwise.

    Parameters
    ----------
    category_paths
        Of categories with all below them. Products of any of these or of `category_ids` will do.
    attributes
        Names and values; of one name any of the values will do, and of each name one.
    min_stars
        At least so many, 1 to 5; what nobody reviewed has none.
    """

    text: str = ""
    category_ids: tuple[int, ...] = ()
    category_paths: tuple[str, ...] = ()
    seller_ids: tuple[int, ...] = ()
    brands: tuple[str, ...] = ()
    min_price_cents: int | None = None
    max_price_cents: int | None = None
    in_stock: bool | None = None
    min_stars: int | None = None
    attributes: tuple[tuple[str, str], ...] = ()
    sort: Sort = "relevance"


@dataclass(frozen=True)
class Part:
    """A word, or several that are also written as one: a measure, a model number, a compound.

    Parameters
    ----------
    code
        The one word of a measure or model number.
    joined
        Another word that will do: that of a compound, a model number among words, or the nearest.
    form
        Of a single word: as it was typed, folded.
    """

    words: tuple[str, ...]
    code: str | None = None
    joined: str | None = None
    form: str | None = field(default=None, compare=False)


def parts(text: str) -> list[Part]:
    """Return the distinct parts of `text`, the first `MAX_WORDS`."""
    found = []
    for piece in wanted(readable(text)):
        own = tuple(words(piece.text))
        if piece.code:
            found.append(Part(own, piece.code, *words(piece.code)))
        else:
            found += [Part((word,), form=form) for word, form in forms(piece.text)]
    return list(dict.fromkeys(found))[:MAX_WORDS]


def readable(text: str) -> str:
    """Return the beginning of a text that is looked at, as UTF-8 can write it."""
    return text[:MAX_CHARACTERS].encode("utf-8", "replace").decode()


def forms(text: str) -> list[tuple[str, str]]:
    """Return each distinct word of `text` as the index knows it, and its form as it was typed."""
    typed = form_analyzer().analyze(readable(text))
    return list(dict(zip(analyzer().analyze(readable(text)), typed, strict=True)).items())


def words(text: str) -> list[str]:
    """Return the distinct words of `text` as the index knows them, the first `MAX_WORDS`."""
    return list(dict.fromkeys(analyzer().analyze(readable(text))))[:MAX_WORDS]


def n_parts_required(n_parts: int) -> int:
    """Return how many of a query's parts a document must have: all of two, three of five.

    More parts narrow less: a long query is a description, no checklist.
    """
    return n_parts if n_parts <= 2 else math.ceil(MATCH_RATIO * n_parts)


def build(schema: tantivy.Schema, search: Search, found: Sequence[Part]) -> Query:
    """Return the query for what has enough of the parts; its score is BM25 of these alone."""
    return _filtered(schema, search, _having(schema, search, found, n_parts_required(len(found))))


def build_all(schema: tantivy.Schema, search: Search, found: Sequence[Part]) -> Query:
    """Return the query for what has all of the parts."""
    return _filtered(schema, search, _having(schema, search, found, len(found)))


def build_partial(schema: tantivy.Schema, search: Search, found: Sequence[Part]) -> Query:
    """Return the query for what has some of the words, but not enough for `build`."""
    some = [(Occur.Should, _part(schema, part)) for part in found]
    single = dict.fromkeys(word for part in found for word in part.words)
    some += [(Occur.Should, _word(schema, word)) for word in single]
    enough = _having(schema, search, found, n_parts_required(len(found)))
    but = [(Occur.Must, Query.boolean_query(some)), (Occur.MustNot, enough)]
    return _filtered(schema, search, Query.boolean_query(but))


def _filtered(schema: tantivy.Schema, search: Search, query: Query) -> Query:
    filters = [(Occur.Must, _filter(each)) for each in _filters(schema, search)]
    return Query.boolean_query([*filters, (Occur.Must, query)])


def _having(
    schema: tantivy.Schema, search: Search, found: Sequence[Part], n_required: int
) -> Query:
    if found:
        each = [(Occur.Should, _part(schema, part)) for part in found]
        return Query.boolean_query(each, n_required)
    if search.text.strip():
        return Query.empty_query()  # only signs: nothing can match
    return Query.all_query()


def _part(schema: tantivy.Schema, part: Part) -> Query:
    all_words = Query.boolean_query([(Occur.Must, _word(schema, word)) for word in part.words])
    if not (part.code or part.joined):
        return all_words
    ways = [all_words]
    if part.code:
        code = Query.term_query(schema, CODES, part.code, "basic")
        ways.append(Query.boost_query(code, CODE_BOOST))
    if part.joined:
        ways.append(_word(schema, part.joined))
    return Query.disjunction_max_query(ways, OTHER_FIELDS_RATIO)


def _word(schema: tantivy.Schema, word: str) -> Query:
    finds = [
        Query.boost_query(Query.term_query(schema, field, word, "freq"), boost)
        for field, boost in TEXT_BOOSTS.items()
    ]
    return Query.disjunction_max_query(finds, OTHER_FIELDS_RATIO)


def _filters(schema: tantivy.Schema, search: Search) -> list[Query]:
    """Return one query for each thing chosen: any of its values will do."""
    in_stock = () if search.in_stock is None else (search.in_stock,)
    chosen: list[list[tuple[str, Any]]] = [
        [
            *(("category_id", each) for each in search.category_ids),
            *(("category_tree", each) for each in search.category_paths),
        ],
        [("seller_id", each) for each in search.seller_ids],
        [("brand", each) for each in search.brands],
        [("in_stock", each) for each in in_stock],
        *([("attribute_values", each) for each in values] for values in by_name(search).values()),
    ]
    bounds = {
        "price_cents": (search.min_price_cents, search.max_price_cents),
        "stars": (search.min_stars, None),
    }
    return [_any_of(schema, values) for values in chosen if values] + [
        Query.range_query(schema, name, tantivy.FieldType.Integer, *ends)
        for name, ends in bounds.items()
        if ends != (None, None)
    ]


def by_name(search: Search) -> dict[str, list[str]]:
    """Return the chosen attributes as the index has them, by their names."""
    found: dict[str, list[str]] = {}
    for name, value in search.attributes:
        found.setdefault(name, []).append(f"{name}={value}")
    return found


def _any_of(schema: tantivy.Schema, values: Sequence[tuple[str, Any]]) -> Query:
    each = [Query.term_query(schema, field, value, "basic") for field, value in values]
    return Query.boolean_query([(Occur.Should, query) for query in each])


def _filter(query: Query) -> Query:
    """Keep a filter out of the score."""
    return Query.const_score_query(query, 0.0)
