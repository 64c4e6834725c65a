"""Thousands of hidden products, and a search that would find a few of them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from models.search.building import build_among
from models.search.query import Part, Search, Things
from models.search.shards import Shard

N_FEW = 20
"""So many are left out quicker than they are looked through."""


def narrowed(shards: Sequence[Shard], search: Search, parts: Sequence[Part]) -> Search:
    """Return the search with those hidden products alone that it could find.

    An answer takes a dozen searches (shards, facets), and each leaves the hidden ones out: so it is
    asked once which of them have any of the words, or are pinned or near. Without words all stay.
    """
    if not parts:
        return search
    return replace(
        search, hidden=tuple(_among(shards, search, things, parts) for things in search.hidden)
    )


def _among(
    shards: Sequence[Shard], search: Search, things: Things, parts: Sequence[Part]
) -> Things:
    ids = things.product_ids
    if len(ids) <= N_FEW:
        return things
    found: set[Any] = {*search.pinned, *search.near}.intersection(ids)
    for shard in shards:
        query = build_among(shard.schema, ids, parts)
        hits = shard.searcher.search(query, limit=len(ids), count=False).hits
        addresses = [address for _, address in hits]
        found.update(shard.searcher.fast_field_values("product_id", addresses))
    return replace(things, product_ids=tuple(found))
