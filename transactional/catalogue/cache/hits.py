"""Pages of products that the process has at hand, sent before the application is asked.

What anybody may see and nothing has to be asked for needs little of what stands before a route: of the
bounds, callers' rates; the count, and one line of the log a second for all of them.
"""

from collections.abc import Container
from dataclasses import dataclass, field
from math import inf
from typing import Any

import structlog

from transactional.catalogue.cache.answers import PRODUCT
from transactional.catalogue.cache.reading import CatalogueReads
from web.rates import RateLimit
from web.rsgi import ReadyAnswer, host_of
from web.shortcuts import NOT_MODIFIED
from web.telemetry import RequestMetrics, harmless_or_new

PATH = "/api/v1/catalogue/products/"
KEY = f"{PRODUCT}:"
ROUTE = "/api/v1/catalogue/products/{product_id}"
MORE = frozenset(("authorization", "content-length", "transfer-encoding"))
"""Who sends one of these has a token or a body: the route knows what to make of it."""
LOG_SECONDS = 1.0


@dataclass
class ProductHits:
    """Answers RSGI's requests that are for a page at hand; see `web.rsgi.Ready`.

    Parameters
    ----------
    by_address
        The bound that the application's own middleware has; addresses in `trusted` have none.
    """

    reads: CatalogueReads
    by_address: RateLimit
    trusted: Container[str]
    metrics: RequestMetrics
    log: structlog.BoundLogger
    _n_whole: int = 0
    _n_unchanged: int = 0
    _n_to_log: int = 0
    _logged_at: float = field(default=-inf)

    def answer(self, request: Any) -> ReadyAnswer | None:  # noqa: ANN401 - granian's
        """Return the answer of who has no token to the page at hand; None for all else."""
        path = request.path
        if request.method != "GET" or not path.startswith(PATH) or request.query_string:
            return None
        headers = request.headers
        names = headers.keys()  # one call into the server instead of one for each name
        kept = self.reads.local.fresh(KEY + path[len(PATH) :]) if MORE.isdisjoint(names) else None
        forwarded = headers.get("x-forwarded-for") if "x-forwarded-for" in names else None
        if kept is None or not self._may_ask(host_of(request), forwarded):
            return None
        told = headers.get("if-none-match") if "if-none-match" in names else None
        offered = headers.get("x-request-id") if "x-request-id" in names else None
        status, head, body = kept.answers.ready_to(told.encode() if told else None)
        if status == NOT_MODIFIED:
            self._n_unchanged += 1
        else:
            self._n_whole += 1
        return status, [*head, ("x-request-id", harmless_or_new(offered or ""))], body

    def _may_ask(self, address: str, forwarded: str | None) -> bool:
        """Count a request, unless it is one too many: that, the application will find again and refuse."""
        if address in self.trusted and forwarded:  # a proxy of ours says who asks
            address = forwarded.rpartition(",")[2].strip() or address
        return address in self.trusted or self.by_address.wait_seconds(address) == 0.0

    async def tell_hits(self) -> int:
        """Count what was answered since the last time; returns 0, for the line it writes is its own."""
        for status, n_answers in ((200, self._n_whole), (NOT_MODIFIED, self._n_unchanged)):
            if n_answers:
                self.metrics.count("GET", ROUTE, status, n_answers)
        n_answers = self._n_whole + self._n_unchanged
        self._n_whole = self._n_unchanged = 0
        self.reads.metrics.local.inc(n_answers)
        self._n_to_log += n_answers
        now = self.reads.local.clock()
        if self._n_to_log and now - self._logged_at >= LOG_SECONDS:
            self.log.info("pages at hand", path=ROUTE, n_requests=self._n_to_log)
            self._n_to_log, self._logged_at = 0, now
        return 0
