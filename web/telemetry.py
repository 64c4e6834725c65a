"""One pure ASGI layer around a service: request id, metrics, one log line per request, last resort.

Pure ASGI, not `BaseHTTPMiddleware`, so that streamed answers pass through untouched.
"""

import functools
import os
import random
import re
from math import inf
from time import monotonic, perf_counter

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.headers import first_header
from web.limits import REFUSED
from web.logs import REQUEST_ID
from web.problems import InternalProblem, response

HARMLESS = re.compile(r"[A-Za-z0-9._-]{1,64}")
IDS = random.Random()  # noqa: S311 - see `_request_id`
os.register_at_fork(after_in_child=IDS.seed)
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class RequestMetrics:
    """Prometheus counters of a service, by method, route template and status.

    The template, never the path: a label per product id would grow without bound.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        labels = ("method", "route", "status")
        self.n_requests = Counter("http_requests", "Requests answered", labels, registry=registry)
        self.seconds = Histogram(
            "http_request_duration_seconds",
            "Seconds from the request's head to the answer's end",
            ("method", "route"),
            buckets=SECONDS,
            registry=registry,
        )
        self._of = functools.cache(self._labelled)  # looking labels up costs more than counting

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request."""
        n_requests, histogram = self._of(method, route, status)
        n_requests.inc()
        histogram.observe(seconds)

    def count(self, method: str, route: str, status: int, n_requests: int) -> None:
        """Count requests that nobody timed."""
        self._of(method, route, status)[0].inc(n_requests)

    def _labelled(self, method: str, route: str, status: int) -> tuple[Counter, Histogram]:
        n_requests = self.n_requests.labels(method, route, str(status))
        return n_requests, self.seconds.labels(method, route)


class Telemetry:
    """Middleware: see the module. `X-Request-ID` of the caller is kept if it is harmless."""

    def __init__(self, app: ASGIApp, metrics: RequestMetrics, log: structlog.BoundLogger) -> None:
        self.app = app
        self.metrics = metrics
        self.log = log
        self._n_refused, self._told_at = 0, -inf

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        answer = _Answer(send, _request_id(scope))
        started = perf_counter()
        before = REQUEST_ID.set(answer.request_id)
        try:
            await self.app(scope, receive, answer.send)
        except Exception:  # noqa: BLE001 - the last resort: a bug must not end the connection
            await self._apologise(scope, receive, answer)
        finally:
            self._record(scope, answer.status, perf_counter() - started)
            REQUEST_ID.reset(before)

    async def _apologise(self, scope: Scope, receive: Receive, answer: "_Answer") -> None:
        self.log.exception("request failed", method=scope["method"], path=scope["path"])
        if answer.status:  # too late to say anything: the head has left
            return
        problem = InternalProblem(
            f"This is a fault of ours. Report it with request id {answer.request_id}."
        )
        await response(problem, scope["path"])(scope, receive, answer.send)

    def _record(self, scope: Scope, status: int, seconds: float) -> None:
        method = scope["method"] if scope["method"] in METHODS else "other"
        self.metrics.observe(method, route_template(scope), status or 499, seconds)
        self._n_refused += REFUSED in scope
        self._tell_refused()
        if REFUSED in scope:
            return
        self.log.info(
            "request",
            method=scope["method"],
            path=scope["path"],
            status=status,
            duration_seconds=round(seconds, 5),
        )

    def _tell_refused(self) -> None:
        """Write one line a second for all that is refused: a line each would cost what is spared."""
        if self._n_refused and (now := monotonic()) - self._told_at >= 1.0:
            self.log.warning("requests refused", n_refused=self._n_refused)
            self._n_refused, self._told_at = 0, now


METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))


class _Answer:
    """Sends an answer with the request's id in its head, and remembers its status (0: none yet)."""

    def __init__(self, send: Send, request_id: str) -> None:
        self._send = send
        self.request_id = request_id
        self.status = 0

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            own = (b"x-request-id", self.request_id.encode())
            message = {**message, "headers": [*message["headers"], own]}
        await self._send(message)


def _request_id(scope: Scope) -> str:
    return harmless_or_new(first_header(scope, b"x-request-id"))


def harmless_or_new(offered: str) -> str:
    """Return the id that a caller gave a request if it is harmless, else another."""
    # Made without the system's entropy, a call to the kernel: it has to differ, not to be secret.
    is_harmless = offered and HARMLESS.fullmatch(offered)
    return offered if is_harmless else f"{IDS.getrandbits(128):032x}"


def route_template(scope: Scope) -> str:
    """Return the matched route, such as `/products/{product_id}`, or `unmatched`."""
    return str(getattr(scope.get("route"), "path", "unmatched"))
