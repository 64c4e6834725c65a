"""Reading an index: shards opened together, their answers merged."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import tantivy
from tantivy import Order, Query

from models.search.building import build, build_partial
from models.search.documents import Document, Documents
from models.search.dropping import dropped
from models.search.facets import ALL, FacetCounts, Kept, facet_counts
from models.search.hiding import narrowed
from models.search.languages import ENGLISH
from models.search.latest import Latest
from models.search.listing import Listing
from models.search.placing import N_WEIGHED, Hit, Pinned, Ranked, weighed
from models.search.query import Part, Search
from models.search.second_stage import SecondStage
from models.search.semantic import Semantics
from models.search.shards import Shard, Shards
from models.search.signals import NO_SIGNALS, Signals
from models.search.spelling import Understood, Vocabulary, understood
from models.search.wishes import NO_WISHES, WEIGHED_COLUMNS, Wishes

MANIFEST = "manifest.json"
LANGUAGE = "language"
"""Of the manifest: whose stems its words are; English where it says nothing."""
MAX_WINDOW = 10_000
"""Deepest place a page may end: every shard ranks that many."""
N_MOVED = 50
N_COUNTED_LAST = 1_000
"""Facets' counts that are kept, each of a search under some filters: pages and orders of it have the same."""
BRIEF_COLUMNS = ("title", "category_path", *WEIGHED_COLUMNS)
"""What a product is called and weighed by; to read all of a page's columns takes as long as a quick search."""
Engine = Literal["tantivy", "opensearch"]

FIELD_SORTS = {
    "price_asc": ("price_cents", Order.Asc),
    "price_desc": ("price_cents", Order.Desc),
    "popularity": ("popularity", Order.Desc),
    "rating": ("mean_rating", Order.Desc),
    "newest": ("listed_day", Order.Desc),
    "best_selling": ("n_units_28d", Order.Desc),
}


class BadIndexError(Exception):
    """A folder does not hold a whole index; the message says what is wrong."""


@dataclass(frozen=True)
class Found:
    """A page of an answer: documents best first, `score` beside each, and counts of all matches.

    Parameters
    ----------
    n_total
        Documents that have enough of the words; if none has, those that have any of them. Pinned ones
        are among them.
    start
        The place of the page's first in the whole list, from 0.
    n_full
        Of this page; those behind have fewer words than enough, or are pinned there.
    is_last
        Whether nothing comes after this page.
    corrections
        Words that nothing in the index has, and what was looked for instead.
    facets
        Of what `n_total` counts, each under the filters of the others.
    applied_rules
        Ids of the rules that made it what it is.
    dropped
        Where nothing has enough of the words: those that the best match has not.
    engine
        What answered.
    """

    documents: list[Document]
    scores: list[float]
    n_total: int
    start: int
    n_full: int
    is_last: bool
    corrections: Mapping[str, str]
    facets: FacetCounts
    applied_rules: Sequence[int] = ()
    dropped: Sequence[str] = ()
    engine: Engine = "tantivy"


@dataclass(frozen=True)
class Listed:
    """A whole list without its documents: the first `n_full` have enough of the parts.

    Parameters
    ----------
    parts
        What the words were understood as.
    values
        What each was ordered by.
    """

    parts: Sequence[Part]
    product_ids: Sequence[int]
    values: Sequence[float]
    n_full: int


@dataclass(frozen=True)
class Index:
    """An open index. It reads what it opened: replacing the folder does not disturb it.

    `changed` are the documents that are newer than `documents`, None for products that are gone.

    BM25 counts word frequencies per shard, so scores of shards differ by a little; documents are
    spread evenly by id to keep that small.
    """

    shards: Sequence[Shard]
    documents: Sequence[Documents]
    manifest: dict[str, Any]
    listing: Listing
    vocabulary: Vocabulary
    signals: Signals = field(default=NO_SIGNALS, repr=False)
    semantics: Semantics | None = field(default=None, repr=False)
    changed: Mapping[int, Document | None] = field(default_factory=dict)
    counted: Kept = field(default_factory=lambda: Latest(N_COUNTED_LAST), repr=False)

    @classmethod
    def open(cls, folder: Path) -> "Index":
        """Open the index whose manifest is in `folder`.

        Raises
        ------
        BadIndexError
            If the manifest or a shard it names is missing or broken.
        """
        try:
            manifest = json.loads((folder / MANIFEST).read_bytes())
            return cls.open_shards(folder, manifest)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise BadIndexError(f"{folder}: {error}") from error

    @classmethod
    def open_shards(cls, folder: Path, manifest: dict[str, Any]) -> "Index":
        """Open the shards in `folder` that `manifest` names, such as an index still being built."""
        folders = [folder / name for name in manifest["shards"]]
        language = manifest.get(LANGUAGE, ENGLISH)
        shards = [_open_shard(each) for each in folders]
        documents = [Documents.open(each) for each in folders]
        vocabulary = Vocabulary.of((shard.searcher for shard in shards), language)
        listing, signals = Listing.of(documents), Signals.of(documents)
        semantics = Semantics.load(folder)
        return cls(shards, documents, manifest, listing, vocabulary, signals, semantics)

    @property
    def n_documents(self) -> int:
        """Number of documents in all shards."""
        return sum(shard.searcher.num_docs for shard in self.shards)

    def shards_for(self, parts: Sequence[Part]) -> Shards:
        """Return the shards as they are asked for a query: side by side if its words are found often, or it has none."""
        n_finds = sum(self.vocabulary.anywhere[word] for part in parts for word in part.words)
        return Shards.for_finds(self.shards, n_finds if parts else self.n_documents)

    def search(
        self,
        search: Search,
        offset: int = 0,
        limit: int = 20,
        wishes: Wishes = NO_WISHES,
        facets: Collection[str] | None = ALL,
        after: int | None = None,
    ) -> Found:
        """Return the matches from `offset` on, at most `limit`, none beyond `MAX_WINDOW`.

        With `after`, the product that the page before ended with: from behind it on, if it has moved by
        `N_MOVED` places at most since. So no product is left out or comes twice because others came or went.

        By relevance, documents that have some of the words, but not enough of them, follow behind the
        others. In other orders they are the answer only where nothing has enough. With None for `facets`
        nothing is counted, which is quicker: only the matches of the page are known, and none follow behind;
        and documents have `BRIEF_COLUMNS` alone.
        """
        n_moved = 0 if after is None else N_MOVED
        wanted = max(0, min(offset + limit + n_moved, MAX_WINDOW))
        wishes = wishes.for_sort(search)
        search, meant, pinned, ranked = self._list(
            search, wishes, wanted, counted=facets is not None
        )
        placed = pinned.placed(search, ranked)
        start = offset if after is None else self._behind(after, placed.hits, offset)
        page = placed.hits[start : min(start + limit, MAX_WINDOW)]
        columns = BRIEF_COLUMNS if facets is None else ()
        documents = self._documents([(n, address) for _, n, _, address in page], columns)
        return Found(
            documents=documents,
            scores=[float(value) for value, *_ in page],
            n_total=placed.n_total,
            start=start,
            n_full=min(max(placed.n_full - start, 0), len(page)),
            is_last=start + limit >= min(placed.n_listed, MAX_WINDOW),
            corrections=meant.corrections,
            facets=facet_counts(
                self.shards_for(meant.parts),
                search,
                meant.parts,
                ranked.n_enough,
                facets or (),
                self.counted,
            ),
            applied_rules=wishes.applied(pinned.hits, meant.parts, documents),
            dropped=self._dropped(ranked, meant.parts),
        )

    def listed(
        self, search: Search, wishes: Wishes = NO_WISHES, n_first: int = MAX_WINDOW
    ) -> Listed:
        """Return the beginning of the list that `search` cuts its pages from, without documents."""
        wishes = wishes.for_sort(search)
        search, meant, pinned, ranked = self._list(search, wishes, n_first, counted=True)
        placed = pinned.placed(search, ranked)
        ids = self._product_ids([(n, address) for _, n, _, address in placed.hits])
        return Listed(meant.parts, ids, [value for value, *_ in placed.hits], placed.n_full)

    def near(self, text: str, n_most: int) -> list[int]:
        """Return the ids of products near a text in meaning, the nearest first; none where there are no vectors."""
        if self.semantics is None:
            return []
        return self.semantics.near(text, n_most, self.vocabulary.language)

    def _list(
        self, search: Search, wishes: Wishes, wanted: int, *, counted: bool
    ) -> tuple[Search, Understood, Pinned, Ranked]:
        """Return the search as it is done, what its words mean, and the first hits with the pins beside them."""
        search = wishes.within(search)
        meant = understood(search.text, self.vocabulary, wishes.synonyms)
        search = narrowed(self.shards, search, meant.parts)
        pinned = Pinned.find(self.shards, search, wishes.pins)
        n_wanted = wanted + len(pinned)
        ranked = self._whole(search, meant.parts, n_wanted, wishes, counted=counted)
        return search, meant, pinned, ranked

    def _dropped(self, ranked: Ranked, parts: Sequence[Part]) -> Sequence[str]:
        if ranked.n_enough or not ranked.hits or not ranked.behind:
            return ()
        _, n_shard, _, address = ranked.hits[0]
        [product_id] = self._product_ids([(n_shard, address)])
        return dropped(self.shards[n_shard], product_id, parts)

    def _whole(
        self,
        search: Search,
        parts: Sequence[Part],
        wanted: int,
        wishes: Wishes,
        *,
        counted: bool,
    ) -> Ranked:
        """Return the first hits of what has enough of the words, and behind them of what has some or is near."""
        wishes, shards = wishes.for_parts(len(parts)), self.shards_for(parts)
        queries = [build(shard.schema, search, parts) for shard in self.shards]
        n_enough, hits = self._ranked(search, queries, wanted, wishes, shards, counted=counted)
        is_short = wanted >= n_enough if counted else not hits
        has_more = sum(len(part.words) for part in parts) > 1 or bool(search.near)
        may_be_behind = is_short and has_more and not search.named
        if not (may_be_behind and (n_enough == 0 or _order(search)[0] is None)):
            return Ranked(hits, n_enough, 0, queries, ())
        behind = [build_partial(shard.schema, search, parts) for shard in self.shards]
        n_behind, more = self._ranked(
            search, behind, wanted - len(hits), wishes, shards, counted=counted
        )
        return Ranked(hits + more, n_enough, n_behind, queries, behind)

    def _behind(self, product_id: int, hits: Sequence[Hit], offset: int) -> int:
        """Return the place behind a product, if it is about where the page before `offset` ended."""
        first = max(offset - 1 - N_MOVED, 0)
        near = hits[first : offset + N_MOVED]
        ids = self._product_ids([(n, address) for _, n, _, address in near])
        return first + ids.index(product_id) + 1 if product_id in ids else offset

    def products(self, product_ids: Collection[int]) -> dict[int, Document]:
        """Return the documents of those products that are in the index, by id."""
        found = ((product_id, self.product(product_id)) for product_id in product_ids)
        return {product_id: document for product_id, document in found if document is not None}

    def product(self, product_id: int, columns: Sequence[str] = ()) -> Document | None:
        """Return a product's document, None if the index does not have it; of `columns`, if any, these at least."""
        if product_id in self.changed:
            return self.changed[product_id]
        found = (each.of(product_id, columns) for each in self.documents)
        return next((document for document in found if document is not None), None)

    def _brand(self, product_id: int) -> str | None:
        if product_id in self.changed:
            document = self.changed[product_id]
            return document["brand"] if document else None
        brand: str | None = self.documents[self.shard_of(product_id)].value(product_id, "brand")
        return brand

    def shard_of(self, product_id: int) -> int:
        """Return which shard has a product, or where a new one goes."""
        having = (n for n, each in enumerate(self.documents) if product_id in each)
        return next(having, product_id % len(self.shards))

    def _documents(
        self, hits: Sequence[tuple[int, tantivy.DocAddress]], columns: Sequence[str]
    ) -> list[Document]:
        """Return the documents at places: numbers of shards, and addresses there."""
        found = (self.product(product_id, columns) for product_id in self._product_ids(hits))
        return [document for document in found if document is not None]

    def _product_ids(self, hits: Sequence[tuple[int, tantivy.DocAddress]]) -> list[int]:
        ids = [_ids(shard, [a for n, a in hits if n == at]) for at, shard in enumerate(self.shards)]
        return [next(ids[n]) for n, _ in hits]

    def _ranked(
        self,
        search: Search,
        queries: Sequence[Query],
        wanted: int,
        wishes: Wishes,
        shards: Shards,
        *,
        counted: bool,
    ) -> tuple[int, list[Hit]]:
        """Return how many match, and the best of them."""
        sorted_by, order = _order(search)
        n_total = 0
        ranked: list[Hit] = []
        n_wanted, wanted = wanted, max(wanted, N_WEIGHED if wishes.has_window else 1)

        def best(n: int, shard: Shard) -> tantivy.SearchResult:
            if sorted_by is None:
                return shard.searcher.search(queries[n], limit=wanted, count=counted)
            return shard.searcher.search(
                queries[n], limit=wanted, count=counted, order_by_field=sorted_by, order=order
            )

        for n_shard, result in enumerate(shards.each(best)):
            n_total += result.count if counted else len(result.hits)  # type: ignore[attr-defined]
            hits = enumerate(result.hits)
            ranked += [(value, n_shard, place, address) for place, (value, address) in hits]
        # Of equal values the shard and the place within it come first: a deeper page then never repeats an item.
        ranked.sort(key=lambda hit: hit[0], reverse=order is not Order.Asc)
        reordered = self._reordered(ranked, wishes.second_stage)
        return n_total, weighed(self.shards, reordered, wishes.weights, self._brand)[:n_wanted]

    def _reordered(self, hits: list[Hit], second_stage: SecondStage | None) -> list[Hit]:
        """Return hits as the second stage orders the first `N_WEIGHED`; `hits` must have all of these."""
        if second_stage is None or not hits:
            return hits
        window = hits[:N_WEIGHED]
        ids = self._product_ids([(n, address) for _, n, _, address in window])
        worth = second_stage.reordered(ids, [hit[0] for hit in window], self.signals)
        return [*((value, *window[place][1:]) for place, value in worth), *hits[N_WEIGHED:]]


def _open_shard(folder: Path) -> Shard:
    index = tantivy.Index.open(str(folder))
    index.config_reader(reload_policy="manual")
    index.reload()
    return Shard(index.schema, index.searcher())


def _ids(shard: Shard, addresses: list[tantivy.DocAddress]) -> Iterator[int]:
    """Return the product ids at addresses, in their order."""
    return map(int, shard.searcher.fast_field_values("product_id", addresses))  # type: ignore[arg-type]


def _order(search: Search) -> tuple[str | None, Order]:
    if search.sort == "relevance":
        return (None, Order.Desc) if search.text.strip() else FIELD_SORTS["popularity"]
    return FIELD_SORTS[search.sort]
