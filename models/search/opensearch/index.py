"""Searching one index of an OpenSearch cluster; it answers as `models.search.index.Index` does."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from models.search.documents import Document
from models.search.facets import ALL
from models.search.index import MAX_WINDOW, N_MOVED, Found
from models.search.opensearch.counting import facet_counts
from models.search.opensearch.placing import Hit, Hits, Placed, placed, reordered, weighed
from models.search.opensearch.query import (
    Query,
    build,
    build_lacking,
    build_partial,
    build_pinned,
    is_by_relevance,
    order,
)
from models.search.opensearch.rows import document_of
from models.search.placing import N_WEIGHED
from models.search.query import Part, Search
from models.search.signals import NO_SIGNALS, Signals
from models.search.spelling import Vocabulary, understood
from models.search.wishes import NO_WISHES, Wishes


class Cluster(Protocol):
    """Sends requests and returns their answers, parsed; what is refused raises an error of its own."""

    def request(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:  # noqa: ANN401 - JSON
        """Send one body."""

    def lines(self, path: str, lines: Sequence[bytes | Mapping[str, Any]]) -> Any:  # noqa: ANN401 - JSON
        """Send a body of lines, each of them JSON."""


@dataclass(frozen=True)
class OpenSearchIndex:
    """An index by its own name, not its alias: who holds it sees no swap.

    `vocabulary` is what is compared with misspelt words, and `signals` what the second stage looks at: those of an
    embedded index of the same documents.
    """

    cluster: Cluster
    name: str
    vocabulary: Vocabulary
    signals: Signals = field(default=NO_SIGNALS, repr=False)

    @property
    def n_documents(self) -> int:
        """Number of documents."""
        return int(self.cluster.request("GET", f"/{self.name}/_count")["count"])

    def search(
        self,
        search: Search,
        offset: int = 0,
        limit: int = 20,
        wishes: Wishes = NO_WISHES,
        facets: Collection[str] | None = ALL,
        after: int | None = None,
    ) -> Found:
        """Return the matches from `offset` on; see `Index.search`. Matches are counted in any case.

        Raises whatever the cluster raises.
        """
        n_moved = 0 if after is None else N_MOVED
        wanted = max(0, min(offset + limit + n_moved, MAX_WINDOW))
        wishes = wishes.for_sort(search)
        search = wishes.within(search)
        meant = understood(search.text, self.vocabulary, wishes.synonyms)
        pinned = self._pinned(search)
        enough, behind = self._whole(search, meant.parts, wanted + len(pinned), wishes)
        whole = placed(wishes.pins, pinned, enough, behind)
        start = offset if after is None else _behind(after, whole, offset)
        page = whole.hits[start : min(start + limit, MAX_WINDOW)]
        by_id = self.products([hit.product_id for hit in page])
        documents = [by_id[hit.product_id] for hit in page if hit.product_id in by_id]
        listed = [pin for pin in wishes.pins if pin.product_id in pinned]
        return Found(
            documents=documents,
            scores=[hit.value for hit in page],
            n_total=whole.n_total,
            start=start,
            n_full=min(max(whole.n_full - start, 0), len(page)),
            is_last=start + limit >= min(whole.n_listed, MAX_WINDOW),
            corrections=meant.corrections,
            facets=facet_counts(self._answers, search, meant.parts, enough.n_total, facets or ()),
            applied_rules=wishes.applied(listed, meant.parts, documents),
            dropped=self._dropped(enough, behind, meant.parts),
            engine="opensearch",
        )

    def product(self, product_id: int) -> Document | None:
        """Return a product's document, None if the index does not have it."""
        return self.products([product_id]).get(product_id)

    def products(self, product_ids: Collection[int]) -> dict[int, Document]:
        """Return the documents of those products that are in the index, by id."""
        if not product_ids:
            return {}
        body = {"ids": [str(product_id) for product_id in product_ids]}
        answer = self.cluster.request("POST", f"/{self.name}/_mget", body)
        kept = (document_of(each["_source"]) for each in answer["docs"] if each["found"])
        return {document["product_id"]: document for document in kept}

    def _pinned(self, search: Search) -> set[int]:
        if not search.pinned:
            return set()
        body = {"query": build_pinned(search), "size": len(search.pinned), "_source": False}
        [answer] = self._answers([body])
        return {int(each["_id"]) for each in answer["hits"]["hits"]}

    def _whole(
        self, search: Search, parts: Sequence[Part], wanted: int, wishes: Wishes
    ) -> tuple[Hits, Hits]:
        """Return the first hits of what has enough of the words, and of what has some."""
        wishes = wishes.for_parts(len(parts))
        enough = self._hits(build(search, parts), search, wanted, wishes)
        has_more = sum(len(part.words) for part in parts) > 1 or bool(search.near)
        may_be_behind = wanted >= enough.n_total and has_more and not search.named
        if not (may_be_behind and (enough.n_total == 0 or is_by_relevance(search))):
            return enough, Hits()
        n_left = wanted - len(enough.first)
        return enough, self._hits(build_partial(search, parts), search, n_left, wishes)

    def _hits(self, query: Query, search: Search, wanted: int, wishes: Wishes) -> Hits:
        pinned = {"pinned": {"filter": build_pinned(search)}} if search.pinned else {}
        columns = sorted({name for each in wishes.weights for name in each.by_column})
        body = {
            "query": query,
            "sort": order(search),
            "size": max(wanted, N_WEIGHED if wishes.has_window else 0),
            "track_total_hits": True,
            "_source": False,
            "docvalue_fields": columns,
            "aggs": pinned,
        }
        [answer] = self._answers([body])
        first = [_hit(each, columns) for each in answer["hits"]["hits"]]
        n_pinned = answer["aggregations"]["pinned"]["doc_count"] if pinned else 0
        n_total = answer["hits"]["total"]["value"]
        ordered = reordered(first, wishes.second_stage, self.signals)
        return Hits(weighed(ordered, wishes.weights)[:wanted], n_total, n_pinned)

    def _dropped(self, enough: Hits, behind: Hits, parts: Sequence[Part]) -> Sequence[str]:
        if enough.n_total or not behind.first:
            return ()
        body = {"query": build_lacking(behind.first[0].product_id, parts), "_source": False}
        [answer] = self._answers([body])
        [best] = answer["hits"]["hits"]
        has = set(best.get("matched_queries", ()))
        lacked = [part for n, part in enumerate(parts) if str(n) not in has]
        return [part.form or " ".join(part.words) for part in lacked]

    def _answers(self, bodies: Sequence[Mapping[str, Any]]) -> list[Any]:
        """Return the answers to several searches, sent together.

        Raises
        ------
        RefusedError
            If one of them failed; or whatever the cluster raises.
        """
        lines = [line for body in bodies for line in ({"index": self.name}, body)]
        answers: list[Any] = self.cluster.lines("/_msearch", lines)["responses"]
        for answer in answers:
            if "error" in answer or answer["timed_out"] or answer["_shards"]["failed"]:
                raise RefusedError(str(answer.get("error", "not all shards answered in time")))
        return answers


class RefusedError(Exception):
    """One of several searches sent together failed; the message is the cluster's."""


def _hit(found: Any, columns: Sequence[str]) -> Hit:  # noqa: ANN401 - JSON
    values = found.get("fields", {})
    value, _ = found["sort"]
    return Hit(
        float(value), int(found["_id"]), {name: values.get(name, [None])[0] for name in columns}
    )


def _behind(product_id: int, whole: Placed, offset: int) -> int:
    """Return the place behind a product, if it is about where the page before `offset` ended."""
    first = max(offset - 1 - N_MOVED, 0)
    ids = [hit.product_id for hit in whole.hits[first : offset + N_MOVED]]
    return first + ids.index(product_id) + 1 if product_id in ids else offset
