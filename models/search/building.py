"""A search as a Tantivy query."""

from collections.abc import Mapping, Sequence
from typing import Any

import tantivy
from tantivy import Occur, Query

from models.search.fields import CODE_BOOST, CODES, NAME_BOOSTS, TEXT_BOOSTS, TREE
from models.search.query import Part, Search, Things, n_parts_required

OTHER_FIELDS_RATIO = 0.3
"""How much a word's finds beyond its best field count."""
ALIKE_RATIO = 0.8
"""How much a find of other words that mean the same counts, beside one of what was typed."""
NEAR_SCORE = 1e-4
"""Of what is nearest in meaning and has none of the words."""
MAX_TERMS = 500
"""Of more values a set is quicker, which looks through all terms of the field."""


def build(schema: tantivy.Schema, search: Search, found: Sequence[Part]) -> Query:
    """Return the query for what has enough of the parts; its score is BM25 of these alone."""
    return _filtered(schema, search, _having(schema, search, found, n_parts_required(len(found))))


def build_all(schema: tantivy.Schema, search: Search, found: Sequence[Part]) -> Query:
    """Return the query for what has all of the parts."""
    return _filtered(schema, search, _having(schema, search, found, len(found)))


def build_partial(schema: tantivy.Schema, search: Search, found: Sequence[Part]) -> Query:
    """Return the query for what has some of the words, or is near in meaning, but not enough for `build`."""
    enough = _having(schema, search, found, n_parts_required(len(found)))
    some = [_some(schema, found), *_near(schema, search)]
    any_of_it = Query.boolean_query([(Occur.Should, each) for each in some])
    but = [(Occur.Must, any_of_it), (Occur.MustNot, enough)]
    return _filtered(schema, search, Query.boolean_query(but))


def _near(schema: tantivy.Schema, search: Search) -> list[Query]:
    return [
        Query.const_score_query(
            Query.term_query(schema, "product_id", product_id, "basic"), near_score(place)
        )
        for place, product_id in enumerate(search.near)
    ]


def near_score(place: int) -> float:
    """Return the score of what is near in meaning at a place, from 0: less than any find of a word."""
    return NEAR_SCORE / (1 + place)


def build_among(schema: tantivy.Schema, product_ids: Sequence[int], found: Sequence[Part]) -> Query:
    """Return the query for those of some products that have any of the words; all score alike."""
    both = (_one_of(schema, "product_id", product_ids), _some(schema, found))
    return _filter(Query.boolean_query([(Occur.Must, each) for each in both]))


def _some(schema: tantivy.Schema, found: Sequence[Part]) -> Query:
    some = [(Occur.Should, _part(schema, part)) for part in found]
    single = dict.fromkeys(word for part in found for word in part.words)
    return Query.boolean_query([*some, *((Occur.Should, _word(schema, word)) for word in single)])


def build_found(
    schema: tantivy.Schema, product_id: int, part: Part
) -> tuple[Query, dict[str, Query]]:
    """Return the queries whose scores say what a part is worth for one product: in all, and by field.

    By field counts what has the part's words, each field by itself; `CODES` its code.
    """
    by_field = {
        field: Query.boolean_query(
            [
                (
                    Occur.Should,
                    Query.boost_query(Query.term_query(schema, field, word, "freq"), boost),
                )
                for word in dict.fromkeys([*part.words, *filter(None, [part.joined])])
            ]
        )
        for field, boost in TEXT_BOOSTS.items()
    }
    if part.code:
        code = Query.term_query(schema, CODES, part.code, "basic")
        by_field[CODES] = Query.boost_query(code, CODE_BOOST)
    among = _filter(_one_of(schema, "product_id", [product_id]))

    def of_product(query: Query) -> Query:
        return Query.boolean_query([(Occur.Must, among), (Occur.Must, query)])

    fields = {field: of_product(query) for field, query in by_field.items()}
    return of_product(_part(schema, part)), fields


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
    if found and search.named:
        return Query.boolean_query(
            [(Occur.Must, _part(schema, part, NAME_BOOSTS)) for part in found]
        )
    if found:
        each = [(Occur.Should, _part(schema, part)) for part in found]
        return Query.boolean_query(each, n_required)
    if search.text.strip():
        return Query.empty_query()  # only signs: nothing can match
    return Query.all_query()


def _part(schema: tantivy.Schema, part: Part, boosts: Mapping[str, float] = TEXT_BOOSTS) -> Query:
    words = [(Occur.Must, _word(schema, word, boosts)) for word in part.words]
    all_words = Query.boolean_query(words)
    if not (part.code or part.joined or part.alike):
        return all_words
    ways = [all_words]
    if part.code:
        code = Query.term_query(schema, CODES, part.code, "basic")
        ways.append(Query.boost_query(code, CODE_BOOST))
    if part.joined:
        ways.append(_word(schema, part.joined, boosts))
    for phrase in part.alike:
        each = [(Occur.Must, _part(schema, one, boosts)) for one in phrase]
        ways.append(Query.boost_query(Query.boolean_query(each), ALIKE_RATIO))
    return Query.disjunction_max_query(ways, OTHER_FIELDS_RATIO)


def _word(schema: tantivy.Schema, word: str, boosts: Mapping[str, float] = TEXT_BOOSTS) -> Query:
    finds = [
        Query.boost_query(Query.term_query(schema, field, word, "freq"), boost)
        for field, boost in boosts.items()
    ]
    return Query.disjunction_max_query(finds, OTHER_FIELDS_RATIO)


def _filters(schema: tantivy.Schema, search: Search) -> list[Query]:
    """Return one query for each thing chosen: any of its values will do."""
    in_stock = () if search.in_stock is None else (search.in_stock,)
    chosen: list[list[tuple[str, Any]]] = [
        [
            *(("category_id", each) for each in search.category_ids),
            *((name, each) for name in ("category_path", TREE) for each in search.category_paths),
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
    return [_any_value(schema, values) for values in chosen if values] + [
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


def _any_value(schema: tantivy.Schema, values: Sequence[tuple[str, Any]]) -> Query:
    each = [Query.term_query(schema, field, value, "basic") for field, value in values]
    return Query.boolean_query([(Occur.Should, query) for query in each])


def _filter(query: Query) -> Query:
    """Keep a filter out of the score."""
    return Query.const_score_query(query, 0.0)
