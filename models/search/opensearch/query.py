"""A search as an OpenSearch query: what `models.search.building` builds for Tantivy."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from models.search.building import ALIKE_RATIO, OTHER_FIELDS_RATIO, by_name, near_score
from models.search.fields import CODE_BOOST, CODES, NAME_BOOSTS, TEXT_BOOSTS, TREE
from models.search.query import Part, Search, Things, n_parts_required

Query = dict[str, Any]

MAX_TERMS = 65_536
"""Of one clause, unless a cluster is set otherwise."""
NOTHING: Query = {"match_none": {}}
FIELD_SORTS = {
    "price_asc": ("price_cents", "asc"),
    "price_desc": ("price_cents", "desc"),
    "popularity": ("popularity", "desc"),
    "rating": ("mean_rating", "desc"),
    "newest": ("listed_day", "desc"),
    "best_selling": ("n_units_28d", "desc"),
}


def build(search: Search, found: Sequence[Part]) -> Query:
    """Return the query for what has enough of the parts; its score is BM25 of these alone."""
    return _filtered(search, _having(search, found))


def build_partial(search: Search, found: Sequence[Part]) -> Query:
    """Return the query for what has some of the words, or is near in meaning, but not enough for `build`."""
    near = [
        {"constant_score": {"filter": _one_of("product_id", [each]), "boost": near_score(place)}}
        for place, each in enumerate(search.near)
    ]
    but = {"must": [_any([_some(found), *near])], "must_not": [_having(search, found)]}
    return _filtered(search, {"bool": but})


def build_lacking(product_id: int, found: Sequence[Part]) -> Query:
    """Return the query for a product that names the places of those parts that it has."""
    named = [{"bool": {"must": [_some([part])], "_name": str(n)}} for n, part in enumerate(found)]
    return {"bool": {"filter": [_one_of("product_id", [product_id])], "should": named}}


def build_pinned(search: Search) -> Query:
    """Return the query for the pinned products that pass the search's filters."""
    return _filtered(search, {"bool": {"filter": [_one_of("product_id", search.pinned)]}})


def or_pinned(search: Search, query: Query) -> Query:
    """Return the query for what another finds, and the pinned products."""
    return _any([query, build_pinned(search)]) if search.pinned else query


def order(search: Search) -> list[dict[str, str]]:
    """Return the order of a search; products that are alike come by id, so that no page repeats one."""
    field, direction = FIELD_SORTS.get(search.sort) or (
        ("_score", "desc") if search.text.strip() else FIELD_SORTS["popularity"]
    )
    return [{field: direction}, {"product_id": "asc"}]


def is_by_relevance(search: Search) -> bool:
    """Return whether the best match comes first."""
    return "_score" in order(search)[0]


def _filtered(search: Search, query: Query) -> Query:
    hidden = [each for things in search.hidden for each in _sets(things)]
    return {"bool": {"must": [query], "filter": _filters(search), "must_not": hidden}}


def _sets(things: Things) -> list[Query]:
    named: Mapping[str, Sequence[int | str]] = {
        "product_id": things.product_ids,
        "category_id": things.category_ids,
        "seller_id": things.seller_ids,
        "brand": things.brands,
    }
    return [_one_of(field, values) for field, values in named.items() if values]


def _having(search: Search, found: Sequence[Part]) -> Query:
    if found and search.named:
        return _all(_part(part, NAME_BOOSTS) for part in found)
    if found:
        each = [_part(part) for part in found]
        n_required = n_parts_required(len(found))
        return {"bool": {"should": each, "minimum_should_match": n_required}}
    if search.text.strip():
        return NOTHING  # only signs: nothing can match
    return {"match_all": {}}


def _some(found: Sequence[Part]) -> Query:
    single = dict.fromkeys(word for part in found for word in part.words)
    return _any([*map(_part, found), *map(_word, single)])


def _part(part: Part, boosts: Mapping[str, float] = TEXT_BOOSTS) -> Query:
    all_words = _all(_word(word, boosts) for word in part.words)
    if not (part.code or part.joined or part.alike):
        return all_words
    ways = [all_words]
    if part.code:
        ways.append(_term(CODES, part.code, CODE_BOOST))
    if part.joined:
        ways.append(_word(part.joined, boosts))
    ways += [_all((_part(one, boosts) for one in phrase), ALIKE_RATIO) for phrase in part.alike]
    return _best(ways)


def _word(word: str, boosts: Mapping[str, float] = TEXT_BOOSTS) -> Query:
    return _best([_term(field, word, boost) for field, boost in boosts.items()])


def _filters(search: Search) -> list[Query]:
    """Return one query for each thing chosen: any of its values will do."""
    in_stock = () if search.in_stock is None else (search.in_stock,)
    chosen: list[Mapping[str, Sequence[Any]]] = [
        {
            "category_id": search.category_ids,
            **dict.fromkeys(("category_path", TREE), search.category_paths),
        },
        {"seller_id": search.seller_ids},
        {"brand": search.brands},
        {"in_stock": in_stock},
        *[{"attribute_values": values} for values in by_name(search).values()],
    ]
    bounds = {
        "price_cents": {"gte": search.min_price_cents, "lte": search.max_price_cents},
        "stars": {"gte": search.min_stars},
    }
    sets = ([_one_of(name, some) for name, some in each.items() if some] for each in chosen)
    ranges = ((name, _given(ends)) for name, ends in bounds.items())
    return [_any(each) for each in sets if each] + [
        {"range": {name: ends}} for name, ends in ranges if ends
    ]


def _given(ends: Mapping[str, int | None]) -> dict[str, int]:
    return {name: end for name, end in ends.items() if end is not None}


def _one_of(field: str, values: Sequence[int | str]) -> Query:
    return _any([{"terms": {field: list(some)}} for some in _pieces(values)])


def _pieces(values: Sequence[int | str]) -> Iterable[Sequence[int | str]]:
    return (values[start : start + MAX_TERMS] for start in range(0, len(values), MAX_TERMS))


def _term(field: str, value: str, boost: float) -> Query:
    return {"term": {field: {"value": value, "boost": boost}}}


def _best(ways: list[Query]) -> Query:
    return {"dis_max": {"queries": ways, "tie_breaker": OTHER_FIELDS_RATIO}}


def _all(queries: Iterable[Query], boost: float = 1.0) -> Query:
    each = list(queries)
    # To OpenSearch everything has all of no words.
    return {"bool": {"must": each, "boost": boost}} if each else NOTHING


def _any(queries: list[Query]) -> Query:
    if not queries:
        return NOTHING
    return {"bool": {"should": queries, "minimum_should_match": 1}}
