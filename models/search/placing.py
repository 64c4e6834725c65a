"""Operators' weights and pins, applied to ranked hits."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import tantivy
from tantivy import Occur, Query

from models.search.building import build_pinned
from models.search.query import Search
from models.search.shards import Shard
from models.search.wishes import BRAND, PRODUCT, Pin, Weights

Hit = tuple[float, int, int, tantivy.DocAddress]
"""Value, number of its shard, place in the shard's answer, address."""

N_WEIGHED = 200
"""So many hits are put into another order by the second stage and by weights, those of the best score; what comes
behind stays as it is. So every page is cut from the same list."""


Brands = Callable[[int], str | None]
"""Returns a product's brand: text is no column that the index reads by address."""


def weighed(
    shards: Sequence[Shard], hits: Sequence[Hit], weights: Sequence[Weights], brand_of: Brands
) -> list[Hit]:
    """Return hits by value times factors among the first `N_WEIGHED`; `hits` must have all of these."""
    if not weights:
        return list(hits)
    window = hits[:N_WEIGHED]
    names = {name for each in weights for name in each.by_column}
    worth: list[Hit] = []
    for hit, product in zip(window, _columns(shards, window, names, brand_of), strict=True):
        factor = math.prod(each.factor(product) for each in weights)
        worth.append((hit[0] * factor, *hit[1:]))
    return [*sorted(worth, key=lambda hit: -hit[0]), *hits[N_WEIGHED:]]


@dataclass(frozen=True)
class Ranked:
    """Hits from the best on, and of the whole list: how many have enough of the words, and how many not.

    `queries` found them, one for each shard; `behind` those that have not, if they were looked for.
    """

    hits: Sequence[Hit]
    n_enough: int
    n_behind: int
    queries: Sequence[Query]
    behind: Sequence[Query]


@dataclass(frozen=True)
class Placed:
    """A list with its pins: `n_total` counts its matches and pins, `n_listed` what its pages hold in all.

    `n_full` come before the first that has not enough of the words.
    """

    hits: Sequence[Hit]
    n_total: int
    n_full: int
    n_listed: int


@dataclass(frozen=True)
class Pinned:
    """The pinned products that the index has and the filters let through, by place."""

    shards: Sequence[Shard]
    hits: Mapping[Pin, Hit]

    @classmethod
    def find(cls, shards: Sequence[Shard], search: Search, pins: Sequence[Pin]) -> "Pinned":
        """Look the pins of a search up; it must have them as `pinned`."""
        found: dict[Any, Hit] = {}
        for n_shard, shard in enumerate(shards if pins else ()):
            query = build_pinned(shard.schema, search)
            answer = shard.searcher.search(query, limit=len(pins), count=False)
            addresses = [address for _, address in answer.hits]
            ids = shard.searcher.fast_field_values(PRODUCT, addresses)
            for place, (product_id, address) in enumerate(zip(ids, addresses, strict=True)):
                found[product_id] = (0.0, n_shard, place, address)
        return cls(shards, {pin: found[pin.product_id] for pin in pins if pin.product_id in found})

    def __len__(self) -> int:
        return len(self.hits)

    def placed(self, search: Search, ranked: Ranked) -> Placed:
        """Return the list with each pinned product at its place, or its end, and nowhere else.

        Parameters
        ----------
        ranked
            As long as the list is wanted and the pins are many, or whole.
        """
        n_enough_too = self._n_among(search, ranked.queries)
        n_behind_too = self._n_among(search, ranked.behind)
        taken = {_key(hit) for hit in self.hits.values()}
        hits = [hit for hit in ranked.hits if _key(hit) not in taken]
        n_full = ranked.n_enough - n_enough_too
        for pin, hit in self.hits.items():
            place = min(pin.place - 1, len(hits))
            hits.insert(place, hit)
            n_full += place <= n_full
        if ranked.n_enough:
            n_total = ranked.n_enough - n_enough_too + len(self)
        else:
            n_total = ranked.n_behind - n_behind_too + len(self)
        n_own = ranked.n_enough + ranked.n_behind - n_enough_too - n_behind_too
        return Placed(hits, n_total, n_full, n_own + len(self))

    def _n_among(self, search: Search, queries: Sequence[Query]) -> int:
        """Return how many of them queries find, one for each shard; none of no queries."""
        n_found = 0
        for shard, query in zip(self.shards, queries, strict=False) if self.hits else ():
            both = [(Occur.Must, query), (Occur.Must, build_pinned(shard.schema, search))]
            n_found += shard.searcher.search(Query.boolean_query(both), limit=1).count  # type: ignore[attr-defined]
        return n_found


def _key(hit: Hit) -> tuple[int, int, int]:
    _, n_shard, _, address = hit
    return n_shard, address.segment_ord, address.doc


def _columns(
    shards: Sequence[Shard], hits: Sequence[Hit], names: set[str], brand_of: Brands
) -> list[Mapping[str, Any]]:
    """Return what weights look at, for each hit."""
    found: list[dict[str, Any]] = [{} for _ in hits]
    for n_shard, shard in enumerate(shards):
        places = [place for place, hit in enumerate(hits) if hit[1] == n_shard]
        addresses = [hits[place][3] for place in places]
        for name in names:
            values = _values(shard, name, addresses, brand_of)
            for place, value in zip(places, values, strict=True):
                found[place][name] = value
    return list(found)


def _values(
    shard: Shard, name: str, addresses: list[tantivy.DocAddress], brand_of: Brands
) -> list[Any]:
    if name != BRAND:
        return list(shard.searcher.fast_field_values(name, addresses))
    ids = shard.searcher.fast_field_values(PRODUCT, addresses)
    return [brand_of(int(product_id)) for product_id in ids if product_id is not None]
