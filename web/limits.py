"""Bounds on what a request may bring, and whose address it came from."""

import contextlib
from collections import Counter
from collections.abc import Container, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from starlette.routing import compile_path
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from web.headers import first_header
from web.problems import OverloadedProblem, TooLargeProblem, response

REFUSED = "emporium.refused"
"""Key of a scope: the request was refused for want of room."""
NO_EXCEPTIONS: Mapping[str, int] = MappingProxyType({})


class BodyLimit:
    """Middleware: a body of more than its path's limit is answered 413, announced or streamed.

    Parameters
    ----------
    max_bytes
        Of every path that has no limit of its own.
    by_path
        Limits in bytes by path template, such as `/products/{product_id}/images`.
    """

    def __init__(
        self, app: ASGIApp, max_bytes: int, by_path: Mapping[str, int] = NO_EXCEPTIONS
    ) -> None:
        self.app = app
        self.max_bytes = max_bytes
        self.by_path = [(compile_path(path)[0], limit) for path, limit in by_path.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        max_bytes = self._limit(scope["path"])
        announced = first_header(scope, b"content-length")
        if not announced and _has_no_body(scope):
            await self.app(scope, receive, send)
        elif not announced.isdecimal():
            await self._count(max_bytes, scope, receive, send)
        elif int(announced) > max_bytes:
            await response(_too_large(max_bytes), scope["path"])(scope, receive, send)
        else:  # the server reads no further than was announced (RFC 9112, 6.2)
            await self.app(scope, receive, send)

    def _limit(self, path: str) -> int:
        own = (limit for template, limit in self.by_path if template.match(path))
        return next(own, self.max_bytes)

    async def _count(self, max_bytes: int, scope: Scope, receive: Receive, send: Send) -> None:
        n_bytes, answered = 0, False

        async def counted() -> Message:
            nonlocal n_bytes
            message = await receive()
            n_bytes += len(message.get("body", b""))
            if n_bytes > max_bytes:
                raise _TooManyBytesError
            return message

        async def unless_too_large(message: Message) -> None:
            nonlocal answered
            # The framework turns what `counted` raised into an answer of its own: ours goes out.
            if n_bytes <= max_bytes:
                answered = True
                await send(message)

        with contextlib.suppress(_TooManyBytesError):
            await self.app(scope, counted, unless_too_large)
        if n_bytes > max_bytes and not answered:
            await response(_too_large(max_bytes), scope["path"])(scope, receive, send)


def _has_no_body(scope: Scope) -> bool:
    """Tell whether a request without a Content-Length has no body (RFC 9112, 6.3)."""
    in_one_connection = scope.get("http_version") in ("1.0", "1.1")
    return in_one_connection and not first_header(scope, b"transfer-encoding")


def _too_large(max_bytes: int) -> TooLargeProblem:
    return TooLargeProblem(f"Send at most {max_bytes} bytes in one request.")


class _TooManyBytesError(Exception):
    """More was streamed than the limit allows."""


@dataclass(frozen=True)
class Chain:
    """Requests (methods and paths) that belong together: some begin what others end."""

    begins: frozenset[tuple[str, str]] = frozenset()
    ends: frozenset[tuple[str, str]] = frozenset()

    def kind(self, scope: Scope) -> str:
        """Return `begins`, `ends` or `other`."""
        asked = scope["method"], scope["path"]
        if asked in self.ends:
            return "ends"
        return "begins" if asked in self.begins else "other"


NO_CHAIN = Chain()


class InFlightLimit:
    """Middleware: answers 503 at once while `max_requests` are being answered.

    Who is let in is answered in time, and who is not knows it at once. What tells how the service is
    (`exempt`, paths) is always answered. A stream of events counts until it begins: it does no work.

    Of a chain of requests what `ends` it is refused last, and what `begins` it once half of the room is
    taken by the chain: what was done for a cart is lost if its order is refused. The rest has half of
    the room for itself: orders that wait for a slow payment provider keep nobody from logging in.
    """

    def __init__(
        self,
        app: ASGIApp,
        max_requests: int,
        exempt: frozenset[str],
        chain: Chain = NO_CHAIN,
    ) -> None:
        self.app = app
        self.max_requests = max_requests
        self.exempt = exempt
        self.chain = chain
        self._n_requests: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["path"] in self.exempt:
            await self.app(scope, receive, send)
            return
        kind = self.chain.kind(scope)
        if not self._has_room(kind):
            scope[REFUSED] = True
            problem = OverloadedProblem("Too much at once. Nothing was done; try again shortly.")
            await response(problem, scope["path"])(scope, receive, send)
            return
        await self._count(kind, scope, receive, send)

    def _has_room(self, kind: str) -> bool:
        n_requests, half = self._n_requests, self.max_requests // 2
        if kind == "ends":
            return n_requests["ends"] < self.max_requests
        if kind == "begins":
            return n_requests["begins"] + n_requests["ends"] < half
        return n_requests["other"] < (half if self.chain.ends else self.max_requests)

    async def _count(self, kind: str, scope: Scope, receive: Receive, send: Send) -> None:
        self._n_requests[kind] += 1
        counts = True

        async def until_it_streams(message: Message) -> None:
            nonlocal counts
            if counts and _is_event_stream(message):
                self._n_requests[kind] -= 1
                counts = False
            await send(message)

        try:
            await self.app(scope, receive, until_it_streams)
        finally:
            self._n_requests[kind] -= counts


def _is_event_stream(message: Message) -> bool:
    if message["type"] != "http.response.start":
        return False
    for name, value in message["headers"]:
        if name == b"content-type":
            return bool(value.startswith(b"text/event-stream"))
    return False


class ForwardedAddress:
    """Middleware: takes the client's address from X-Forwarded-For if a trusted proxy sent it.

    Only the last entry counts: it is what that proxy saw, all before it is hearsay.
    """

    def __init__(self, app: ASGIApp, trusted: Container[str]) -> None:
        self.app = app
        self.trusted = trusted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http" and scope.get("client") and scope["client"][0] in self.trusted:
            seen = first_header(scope, b"x-forwarded-for").rpartition(",")[2].strip()
            if seen:
                scope = {**scope, "client": (seen, 0)}
        await self.app(scope, receive, send)
