"""A search as plain data, and as a Tantivy query. No text a shopper types is ever an error.

A query is made of parts: words, and measures or model numbers, which are found as their words or as
one (`models.search.codes`).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import tantivy
from tantivy import Occur, Query

from models.search.codes import wanted
from models.search.fields import CODE_BOOST, CODES, TEXT_BOOSTS, analyzer, form_analyzer

Sort = Literal["relevance", "price_asc", "price_desc", "popularity"]
MAX_WORDS = 32
MAX_CHARACTERS = 1_000
"""What a query says after so many is not looked for."""
OTHER_FIELDS_RATIO = 0.3
"""How much a word's finds beyond its best field count."""

MATCH_RATIO = 0.6
ALIKE_RATIO = 0.8
"""How much a find of other words that mean the same counts, beside one of what was typed."""

MAX_TERMS = 500
"""Of more values a set is quicker, which looks through all terms of the field."""


@dataclass(frozen=True)
class Things:
    """The products that have one of these ids, or are of one of these categories, sellers and brands."""

    product_ids: tuple[int, ...] = ()
    category_ids: tuple[int, ...] = ()
    seller_ids: tuple[int, ...] = ()
    brands: tuple[str, ...] = ()


@dataclass(frozen=True)
class Search:
    """What is searched for. None or nothing: any; of several, each will do.

    Prices are bounds, both inclusive. An empty `text` lists everything, by popularity unless
    sorted otherwise. Nothing `hidden` is found; `pinned` products are counted whatever the text is.
    """

    text: str = ""
    category_ids: tuple[int, ...] = ()
    seller_ids: tuple[int, ...] = ()
    brands: tuple[str, ...] = ()
    min_price_cents: int | None = None
    max_price_cents: int | None = None
    in_stock: bool | None = None
    sort: Sort = "relevance"
    hidden: tuple[Things, ...] = ()
    pinned: tuple[int, ...] = ()


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
    alike
        Other phrases that mean the same: each will do, at `ALIKE_RATIO` of its score.
    rule_ids
        Whose wish `alike` is.
    """

    words: tuple[str, ...]
    code: str | None = None
    joined: str | None = None
    form: str | None = field(default=None, compare=False)
    alike: tuple[tuple["Part", ...], ...] = ()
    rule_ids: tuple[int, ...] = field(default=(), compare=False)


def parts(text: str) -> list[Part]:
    """Return the distinct parts of `text`, the first `MAX_WORDS`."""
    found = []
    for piece in wanted(readable(text)):
        own = tuple(words(piece.text))
        if piece.code:
            found.append(Part(own, piece.code, next(iter(words(piece.code)), None)))
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
    enough = _having(schema, search, found, n_parts_required(len(found)))
    but = [(Occur.Must, _some(schema, found)), (Occur.MustNot, enough)]
    return _filtered(schema, search, Query.boolean_query(but))


def build_among(schema: tantivy.Schema, product_ids: Sequence[int], found: Sequence[Part]) -> Query:
    """Return the query for those of some products that have any of the words; all score alike."""
    both = (_one_of(schema, "product_id", product_ids), _some(schema, found))
    return _filter(Query.boolean_query([(Occur.Must, each) for each in both]))


def _some(schema: tantivy.Schema, found: Sequence[Part]) -> Query:
    some = [(Occur.Should, _part(schema, part)) for part in found]
    single = dict.fromkeys(word for part in found for word in part.words)
    return Query.boolean_query([*some, *((Occur.Should, _word(schema, word)) for word in single)])


def build_pinned(schema: tantivy.Schema, search: Search) -> Query:
    """Return the query for the pinned products that pass the search's filters."""
    pinned = _one_of(schema, "product_id", search.pinned)
    return _filtered(schema, search, _filter(pinned))


def or_pinned(schema: tantivy.Schema, search: Search, query: Query) -> Query:
    """Return the query for what another finds, and the pinned products."""
    if not search.pinned:
        return query
    either = (query, build_pinned(schema, search))
    return Query.boolean_query([(Occur.Should, each) for each in either])


def _filtered(schema: tantivy.Schema, search: Search, query: Query) -> Query:
    filters = [(Occur.Must, _filter(each)) for each in _filters(schema, search)]
    hidden = [(Occur.MustNot, _any_of(schema, things)) for things in search.hidden]
    return Query.boolean_query([*filters, *hidden, (Occur.Must, query)])


def _any_of(schema: tantivy.Schema, things: Things) -> Query:
    named: dict[str, Sequence[int | str]] = {
        "product_id": things.product_ids,
        "category_id": things.category_ids,
        "seller_id": things.seller_ids,
        "brand": things.brands,
    }
    sets = [_one_of(schema, field, values) for field, values in named.items() if values]
    return Query.boolean_query([(Occur.Should, each) for each in sets])


def _one_of(schema: tantivy.Schema, field: str, values: Sequence[int | str]) -> Query:
    if len(values) > MAX_TERMS:
        return Query.term_set_query(schema, field, list(values))
    each = [Query.term_query(schema, field, value, "basic") for value in values]
    return Query.boolean_query([(Occur.Should, one) for one in each])


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
    if not (part.code or part.joined or part.alike):
        return all_words
    ways = [all_words]
    if part.code:
        code = Query.term_query(schema, CODES, part.code, "basic")
        ways.append(Query.boost_query(code, CODE_BOOST))
    if part.joined:
        ways.append(_word(schema, part.joined))
    for phrase in part.alike:
        each = [(Occur.Must, _part(schema, one)) for one in phrase]
        ways.append(Query.boost_query(Query.boolean_query(each), ALIKE_RATIO))
    return Query.disjunction_max_query(ways, OTHER_FIELDS_RATIO)


def _word(schema: tantivy.Schema, word: str) -> Query:
    finds = [
        Query.boost_query(Query.term_query(schema, field, word, "freq"), boost)
        for field, boost in TEXT_BOOSTS.items()
    ]
    return Query.disjunction_max_query(finds, OTHER_FIELDS_RATIO)


def _filters(schema: tantivy.Schema, search: Search) -> list[Query]:
    chosen: dict[str, Sequence[int | str]] = {
        "category_id": search.category_ids,
        "seller_id": search.seller_ids,
        "brand": search.brands,
        "in_stock": () if search.in_stock is None else (search.in_stock,),
    }
    filters = [_one_of(schema, field, values) for field, values in chosen.items() if values]
    if search.min_price_cents is not None or search.max_price_cents is not None:
        bounds = (search.min_price_cents, search.max_price_cents)
        integer = tantivy.FieldType.Integer
        filters.append(Query.range_query(schema, "price_cents", integer, *bounds))
    return filters


def _filter(query: Query) -> Query:
    """Keep a filter out of the score."""
    return Query.const_score_query(query, 0.0)
