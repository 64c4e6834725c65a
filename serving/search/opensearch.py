"""Searching in an OpenSearch cluster, and in the embedded index while the cluster does not answer.

What changed since the last build is known to the embedded index alone: what is gone is left out of the
cluster's answers, and what has changed is shown as it is now; filters, sorts and counts are the build's.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace

import structlog

from models.search.documents import Document
from models.search.facets import ALL
from models.search.index import Found, Index
from models.search.opensearch.index import OpenSearchIndex, RefusedError
from models.search.query import Search, Things
from models.search.wishes import NO_WISHES, Wishes
from web.opensearch import OpenSearch, OpenSearchError

SEARCH_SECONDS = 1.0
"""All of a search's requests together; then the embedded index answers."""
TIMEOUT_SECONDS = 5.0


class SearchCluster:
    """A cluster and the version that its alias is on, `name`; None while that is not known or fails.

    One thread refreshes it, and threads of requests tell of failures.
    """

    def __init__(self, url: str, alias: str, log: structlog.BoundLogger) -> None:
        self.cluster = OpenSearch(url, TIMEOUT_SECONDS)
        self.name: str | None = None
        self._alias = alias
        self._log = log
        self._has_failed = False

    def refresh(self) -> None:
        """Look where the alias is. Never raises: it runs beside requests."""
        try:
            [self.name] = self.cluster.request("GET", f"/_alias/{self._alias}")
        except (OpenSearchError, ValueError) as error:
            self.failed(error)

    def failed(self, error: Exception) -> None:
        """Ask no more until the next look; say so once."""
        self.name = None
        if not self._has_failed:
            self._log.warning("OpenSearch fails; the embedded index answers", error=repr(error))
        self._has_failed = True

    def answered(self) -> None:
        """Take in that a search succeeded."""
        if self._has_failed:
            self._log.info("OpenSearch answers again")
        self._has_failed = False

    def close(self) -> None:
        """Close the connections."""
        self.cluster.close()


@dataclass(frozen=True)
class WithFallback:
    """Searches a cluster, or else the embedded index; `Found.engine` says which answered."""

    cluster: SearchCluster
    index: Index

    def search(
        self,
        search: Search,
        offset: int = 0,
        limit: int = 20,
        wishes: Wishes = NO_WISHES,
        facets: Collection[str] | None = ALL,
        after: int | None = None,
    ) -> Found:
        """Return the matches from `offset` on; see `Index.search`."""
        name = self.cluster.name
        if name is not None:
            within = self.cluster.cluster.within(SEARCH_SECONDS)
            searched = OpenSearchIndex(within, name, self.index.vocabulary, self.index.signals)
            try:
                found = searched.search(
                    search, offset, limit, self._but_gone(wishes), facets, after
                )
            except (OpenSearchError, RefusedError) as error:
                self.cluster.failed(error)
            else:
                self.cluster.answered()
                return replace(found, documents=[self._now(each) for each in found.documents])
        return self.index.search(search, offset, limit, wishes, facets, after)

    def _but_gone(self, wishes: Wishes) -> Wishes:
        gone = tuple(id_ for id_, document in self.index.changed.items() if document is None)
        return replace(wishes, hidden=(*wishes.hidden, Things(gone))) if gone else wishes

    def _now(self, document: Document) -> Document:
        return self.index.changed.get(document["product_id"]) or document
