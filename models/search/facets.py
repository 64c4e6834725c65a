"""How many matches there are of each category, brand, seller, stock and price, under the other filters.

What is counted within a facet ignores the facet's own filter: who chose one brand sees what another
would add. Prices are cut where the matches' own fifths lie, at round numbers.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import tantivy
from tantivy import Query

from models.search.query import Part, Search, build, build_partial, or_pinned

N_SHOWN = 20
N_COUNTED = 10_000
"""Values of a facet that each shard counts, so that one that is split over shards is counted whole."""
FIFTHS = (20.0, 40.0, 60.0, 80.0)
FIELDS = {
    "category": "category_id",
    "brand": "brand",
    "seller": "seller_id",
    "in_stock": "in_stock",
}
PRICE, PRICE_FIELD = "price", "price_cents"
UNFILTERED: Mapping[str, Mapping[str, Any]] = {
    "category": {"category_ids": ()},
    "brand": {"brands": ()},
    "seller": {"seller_ids": ()},
    "in_stock": {"in_stock": None},
    PRICE: {"min_price_cents": None, "max_price_cents": None},
}
"""What of a search is the facet's own filter, and how it looks where nothing is chosen."""

Value = int | str


@dataclass(frozen=True)
class Shard:
    """One folder's documents."""

    schema: tantivy.Schema
    searcher: tantivy.Searcher


@dataclass(frozen=True)
class Band:
    """Prices from one on (None: any) and below another (None: any), in cents, and how many there are."""

    from_cents: int | None
    below_cents: int | None
    n_products: int


@dataclass(frozen=True)
class FacetCounts:
    """Counts by value, the largest first, at most `N_SHOWN`; and bands of prices, the lowest first."""

    values: Mapping[str, Sequence[tuple[Value, int]]]
    prices: Sequence[Band]


def facet_counts(shards: Sequence[Shard], search: Search, parts: Sequence[Part]) -> FacetCounts:
    """Count what has enough of the parts; where nothing has, what has some of the words."""
    values: dict[str, Sequence[tuple[Value, int]]] = {}
    for others, names in _by_filters(search).items():
        queries = _queries(shards, others, parts)
        counted = _terms(shards, queries, [name for name in names if name != PRICE])
        values |= {name: _largest(counts) for name, counts in counted.items()}
        if PRICE in names:
            prices = _bands(shards, queries)
    return FacetCounts({name: values[name] for name in FIELDS}, prices)


def _queries(shards: Sequence[Shard], search: Search, parts: Sequence[Part]) -> list[Query]:
    counted = [build(shard.schema, search, parts) for shard in shards]
    if len(parts) > 0 and not any(map(_has_any, shards, counted)):
        counted = [build_partial(shard.schema, search, parts) for shard in shards]
    return [
        or_pinned(shard.schema, search, query) for shard, query in zip(shards, counted, strict=True)
    ]


def _has_any(shard: Shard, query: Query) -> bool:
    return bool(shard.searcher.search(query, limit=1, count=False).hits)


def _by_filters(search: Search) -> dict[Search, list[str]]:
    """Return the facets by what of the search filters them: most by all of it, in one go."""
    found: dict[Search, list[str]] = {}
    for name, nothing in UNFILTERED.items():
        found.setdefault(replace(search, **nothing), []).append(name)
    return found


def _terms(
    shards: Sequence[Shard], queries: Sequence[Query], names: Sequence[str]
) -> dict[str, Counter[Value]]:
    wanted = {name: {"terms": {"field": FIELDS[name], "size": N_COUNTED}} for name in names}
    counts = {name: Counter[Value]() for name in names}
    for shard, query in zip(shards, queries, strict=True) if names else ():
        answer = shard.searcher.aggregate(query, wanted)
        for name in names:
            for each in answer[name]["buckets"]:
                key = each["key"]
                counts[name][key if isinstance(key, str) else int(key)] += each["doc_count"]
    return counts


def _largest(counts: Counter[Value]) -> list[tuple[Value, int]]:
    return sorted(counts.items(), key=lambda each: (-each[1], each[0]))[:N_SHOWN]


def _bands(shards: Sequence[Shard], queries: Sequence[Query]) -> list[Band]:
    """Return the bands between round prices near the fifths; those without a match are left out."""
    cuts = _cuts(shards, queries)
    edges = [None, *cuts, None]
    ranges = [
        {key: value for key, value in (("from", low), ("to", high)) if value is not None}
        for low, high in pairwise(edges)
    ]
    totals = [0] * len(ranges)
    wanted = {PRICE: {"range": {"field": PRICE_FIELD, "ranges": ranges}}}
    for shard, query in zip(shards, queries, strict=True):
        if not cuts:
            totals[0] += shard.searcher.search(query, limit=1).count  # type: ignore[attr-defined]
            continue
        # An empty shard tells of no band at all.
        buckets = shard.searcher.aggregate(query, wanted)[PRICE]["buckets"]
        by_low = {each.get("from"): each["doc_count"] for each in buckets}
        totals = [n + by_low.get(low, 0) for n, low in zip(totals, edges[:-1], strict=True)]
    return [
        Band(low, high, n) for low, high, n in zip(edges[:-1], edges[1:], totals, strict=True) if n
    ]


def _cuts(shards: Sequence[Shard], queries: Sequence[Query]) -> list[int]:
    wanted = {PRICE: {"percentiles": {"field": PRICE_FIELD, "percents": list(FIFTHS)}}}
    found = []
    for shard, query in zip(shards, queries, strict=True):
        values = shard.searcher.aggregate(query, wanted)[PRICE]["values"]
        each = [values[f"{percent:.1f}"] for percent in FIFTHS]
        if all(value is not None and math.isfinite(value) for value in each):
            found.append(each)
    means = [sum(column) / len(found) for column in zip(*found, strict=True)]
    return sorted({round_price(mean) for mean in means if mean >= 1})


def round_price(cents: float) -> int:
    """Return the nearest round price, at least 1: a step is half of the power of ten below."""
    step = max(int(10 ** math.floor(math.log10(cents))) // 2, 1)
    return max(round(cents / step) * step, 1)
