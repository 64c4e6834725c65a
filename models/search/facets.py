"""How many matches there are of each category, brand, seller, ... and price, under the other filters.

What is counted within a facet ignores the facet's own filter: who chose one brand sees what another
would add. Prices are cut where the matches' own fifths lie, at round numbers.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tantivy import Query

from models.search.building import build, build_partial, or_pinned
from models.search.fields import PRICE_STEP
from models.search.latest import Latest
from models.search.levels import levels
from models.search.price_bands import Band, bands
from models.search.query import Part, Search
from models.search.shards import Shard, Shards

N_SHOWN = 20
N_LEVELS_SHOWN = 50
N_ATTRIBUTES_SHOWN = 10
N_MATCHES = 100_000
"""Of more matches no attributes are counted: they are of all kinds, and it would take longest."""
N_COUNTED = 10_000
"""Values of a facet that each shard counts, so that one that is split over shards is counted whole."""
STARS = (4, 3, 2, 1)
FIELDS = {
    "category": "category_id",
    "level": "category_path",
    "brand": "brand",
    "seller": "seller_id",
    "in_stock": "in_stock",
    "stars": "stars",
    "price": PRICE_STEP,
    "attribute": "attribute_values",
}
_OF_CATEGORIES: Mapping[str, Any] = {"category_ids": (), "category_paths": ()}
UNFILTERED: Mapping[str, Mapping[str, Any]] = {
    "category": _OF_CATEGORIES,
    "level": _OF_CATEGORIES,
    "brand": {"brands": ()},
    "seller": {"seller_ids": ()},
    "in_stock": {"in_stock": None},
    "stars": {"min_stars": None},
    "price": {"min_price_cents": None, "max_price_cents": None},
    "attribute": {},
}
"""What of a search is the facet's own filter, and how it looks where nothing is chosen.

Attributes are one facet for each name: those chosen are counted apart, without their own values.
"""

ALL = frozenset(UNFILTERED)
Value = int | str
Counts = Mapping[str, Counter[Value]]
Largest = Sequence[tuple[Value, int]]
Kept = Latest[tuple[Search, tuple[Part, ...], bool, tuple[str, ...]], Mapping[str, Counter[Value]]]
"""Counts by what was searched, whether anything surely has enough of it, and the facets."""


@dataclass(frozen=True)
class FacetCounts:
    """Counts by value, the largest first.

    Parameters
    ----------
    values
        Of `category`, `brand`, `seller` and `in_stock` at most `N_SHOWN`; of `level`, paths of categories
        with all below them, at most `N_LEVELS_SHOWN`.
    stars
        How many have at least 4, 3, 2 or 1; of those with reviews.
    attributes
        By name, those that most products have first, at most `N_ATTRIBUTES_SHOWN`.
    prices
        The lowest first.
    """

    values: Mapping[str, Largest]
    stars: Sequence[tuple[int, int]]
    attributes: Mapping[str, Largest]
    prices: Sequence[Band]


def facet_counts(
    shards: Shards,
    search: Search,
    parts: Sequence[Part],
    n_enough: int,
    wanted: Collection[str] = ALL,
    kept: Kept | None = None,
) -> FacetCounts:
    """Count what has enough of the parts; where nothing has, what has some of the words.

    Parameters
    ----------
    n_enough
        How many have enough of the parts and pass all filters.
    wanted
        Facets, by their names in `UNFILTERED`; others are left empty.
    kept
        What was counted last of these very shards.
    """
    counts: dict[str, Counter[Value]] = {name: Counter() for name in UNFILTERED}
    groups = by_filters(search, wanted, n_enough)
    # Something passes fewer filters, too, where it passes all.
    keys = {
        others: (replace(others, sort="relevance"), (*parts,), n_enough > 0, (*names,))
        for others, names in groups.items()
    }
    known = {others: kept.get(key) if kept else None for others, key in keys.items()}
    missing = {others: groups[others] for others, found in known.items() if found is None}
    quick = _quick_counts(shards, search, parts, n_enough, missing) if n_enough else {}
    for others, names in groups.items():
        found = known[others] or quick.get(others)
        if found is None:
            found = _counts(shards, others, parts, names, is_sure=n_enough > 0)
        if kept:
            kept.put(keys[others], found)
        counts |= found
    return shown(counts)


def _quick_counts(
    shards: Shards,
    search: Search,
    parts: Sequence[Part],
    n_enough: int,
    missing: Collection[Search],
) -> dict[Search, dict[str, Counter[Value]]]:
    """Count stock and prices where they are chosen by: most of such a count is to find the products anew.

    Of `missing`, which are to be counted, those that this is quicker for.
    """
    all_stock, all_prices = (replace(search, **UNFILTERED[each]) for each in ("in_stock", "price"))
    if search.in_stock is None or all_stock not in missing:
        return {}
    if all_prices != search and all_prices in missing:
        stock, prices = _stock_and_prices(shards, search, parts)
        return {all_stock: {"in_stock": stock}, all_prices: {"price": prices}}
    if search.pinned:
        return {}
    # How many have what was chosen is known, and of the other kind there are few.
    others = replace(search, in_stock=not search.in_stock)
    counts = _counts(shards, others, parts, ["in_stock"], is_sure=True)
    counts["in_stock"][int(search.in_stock)] = n_enough
    return {all_stock: counts}


def _stock_and_prices(
    shards: Shards, search: Search, parts: Sequence[Part]
) -> tuple[Counter[Value], Counter[Value]]:
    """Count two facets, each under the other's filter, in one look at what passes neither."""
    loose = replace(search, **UNFILTERED["in_stock"], **UNFILTERED["price"])
    least, most = search.min_price_cents, search.max_price_cents
    bounds = {"from": least, "to": None if most is None else most + 1}
    chosen = {"key": "chosen", **{name: end for name, end in bounds.items() if end is not None}}
    wanted = {
        "price": {
            "range": {"field": "price_cents", "ranges": [chosen]},
            "aggs": {"in_stock": _values_of("in_stock")},
        },
        "in_stock": _values_of("in_stock") | {"aggs": {PRICE_STEP: _values_of(PRICE_STEP)}},
    }

    def answer_of(_: int, shard: Shard) -> dict[str, Any]:
        query = or_pinned(shard.schema, loose, build(shard.schema, loose, parts))
        return shard.searcher.aggregate(query, wanted)

    stock, prices = Counter[Value](), Counter[Value]()
    for answer in shards.each(answer_of):
        for each in _bucket(answer["price"], "chosen", "in_stock"):
            stock[int(each["key"])] += each["doc_count"]
        for each in _bucket(answer["in_stock"], int(bool(search.in_stock)), PRICE_STEP):
            prices[int(each["key"])] += each["doc_count"]
    return stock, prices


def _bucket(answer: Mapping[str, Any], key: str | int, within: str) -> Sequence[Mapping[str, Any]]:
    """Return what was counted within one bucket; nothing, where nothing is in it."""
    found = (each[within]["buckets"] for each in answer["buckets"] if each["key"] == key)
    return next(found, ())


def shown(counts: Counts) -> FacetCounts:
    """Return counts by facet as they are shown: the largest, with levels, stars and bands of prices."""
    return FacetCounts(
        values={
            name: _largest(counts[name]) for name in ("category", "brand", "seller", "in_stock")
        }
        | {"level": _largest(_with_all_above(counts["level"]), N_LEVELS_SHOWN)},
        stars=[(least, _at_least(counts["stars"], least)) for least in STARS],
        attributes=_attributes(counts),
        prices=bands({int(step): n for step, n in counts["price"].items()}),
    )


def by_filters(search: Search, wanted: Collection[str], n_enough: int) -> dict[Search, list[str]]:
    """Return the facets by what of the search filters them: most by all of it, in one go."""
    if n_enough > N_MATCHES and not search.attributes:
        wanted = set(wanted) - {"attribute"}
    found: dict[Search, list[str]] = {}
    for name, nothing in UNFILTERED.items():
        if name not in wanted:
            continue
        is_filtered = any(getattr(search, each) != value for each, value in nothing.items())
        others = replace(search, **nothing) if is_filtered else search
        found.setdefault(others, []).append(name)
    chosen = dict.fromkeys(name for name, _ in search.attributes)
    for name in chosen if "attribute" in wanted else ():
        left = tuple(each for each in search.attributes if each[0] != name)
        found.setdefault(replace(search, attributes=left), []).append(f"attribute {name}")
    return found


def fields_counted(names: Sequence[str]) -> list[str]:
    """Return the fields whose values are counted for facets."""
    return list(dict.fromkeys(FIELDS[name.split(" ", 1)[0]] for name in names))


def counts_of(counted: Counts, name: str) -> Counter[Value]:
    """Return a facet's counts: all of its field's, or those of one attribute."""
    kind, _, attribute = name.partition(" ")
    counts = counted[FIELDS[kind]]
    if not attribute:
        return counts
    return Counter({v: n for v, n in counts.items() if str(v).startswith(f"{attribute}=")})


def _counts(
    shards: Shards,
    search: Search,
    parts: Sequence[Part],
    names: Sequence[str],
    *,
    is_sure: bool,
) -> dict[str, Counter[Value]]:
    """Count facets of what has enough of the parts, which something surely has, or of what has some."""
    counted = [build(shard.schema, search, parts) for shard in shards]
    if not is_sure and parts and not any(map(_has_any, shards, counted)):
        counted = [build_partial(shard.schema, search, parts) for shard in shards]
    queries = [
        or_pinned(shard.schema, search, query) for shard, query in zip(shards, counted, strict=True)
    ]
    found = _terms(shards, queries, fields_counted(names))
    return {name: counts_of(found, name) for name in names}


def _has_any(shard: Shard, query: Query) -> bool:
    return bool(shard.searcher.search(query, limit=1, count=False).hits)


def _terms(shards: Shards, queries: Sequence[Query], fields: Sequence[str]) -> Counts:
    wanted = {name: _values_of(name) for name in fields}
    counts: dict[str, dict[Any, int]] = {name: {} for name in fields}
    answers = shards.each(lambda n, shard: shard.searcher.aggregate(queries[n], wanted))
    for answer in answers:
        for name in fields:
            counted = counts[name]
            for each in answer[name]["buckets"]:
                key = each["key"]
                counted[key] = counted.get(key, 0) + each["doc_count"]
    return {name: _whole(counted) for name, counted in counts.items()}


def _values_of(field: str) -> dict[str, Any]:
    return {"terms": {"field": field, "size": N_COUNTED}}


def _whole(counts: Mapping[Any, int]) -> Counter[Value]:
    """Return counts by text as they are, those by number by whole ones."""
    return Counter({key if isinstance(key, str) else int(key): n for key, n in counts.items()})


def _largest(counts: Counter[Value], n_shown: int = N_SHOWN) -> list[tuple[Value, int]]:
    return sorted(counts.items(), key=lambda each: (-each[1], each[0]))[:n_shown]


def _with_all_above(counts: Counter[Value]) -> Counter[Value]:
    """Return the counts of categories, by path, with those of all below them."""
    found: Counter[Value] = Counter()
    for path, n_products in counts.items():
        for level in levels(str(path)):
            found[level] += n_products
    return found


def _at_least(counts: Counter[Value], least: int) -> int:
    return sum(n for stars, n in counts.items() if int(stars) >= least)


def _attributes(counts: Counts) -> dict[str, Largest]:
    """Return the counts by name, of what was chosen those that ignore its own values."""
    by_name: dict[str, Counter[Value]] = {}
    for pair, n_products in counts["attribute"].items():
        name, _, value = str(pair).partition("=")
        by_name.setdefault(name, Counter())[value] = n_products
    for facet, counted in counts.items():
        _, _, name = facet.partition(" ")
        if name:
            by_name[name] = Counter({str(v).partition("=")[2]: n for v, n in counted.items()})
    in_order = sorted(by_name, key=lambda name: (-by_name[name].total(), name))
    return {name: _largest(by_name[name]) for name in in_order[:N_ATTRIBUTES_SHOWN]}
