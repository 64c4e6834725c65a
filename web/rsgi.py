"""An ASGI application on granian's own interface (RSGI), where ready answers leave before it.

Granian hands a request over and takes an answer back in one call each; as ASGI each costs messages,
dictionaries and turns of the loop. What `ready` answers from memory goes out by that call; all else is
made into ASGI here, and the application answers as ever, but for two things. A header whose value is not
ASCII is not there (RFC 9110, 5.5: what it would mean is defined nowhere). And a body of unknown length is
refused with 411 (RFC 9110, 15.5.12): of one that was cut off granian does not tell. For HTTP/1.1 alone.
"""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any
from urllib.parse import quote

from granian.asgi import LifespanProtocol
from granian.rsgi import ProtocolClosed  # type: ignore[attr-defined]
from starlette.types import ASGIApp, Message, Scope

from web.problems import Problem, response

MAX_WHOLE_BYTES = 100_000
"""A body that is announced as no longer is taken in one piece."""
DISCONNECT: Message = {"type": "http.disconnect"}
ReadyAnswer = tuple[int, list[tuple[str, str]], bytes]
"""Status, headers, body."""
Ready = Callable[[Any], ReadyAnswer | None]
"""Takes a request as RSGI describes it; returns None, having done nothing, for what the application answers."""


class LengthRequiredProblem(Problem):
    """A body's length was not announced."""

    type, title, status = "/problems/length-required", "Length required", 411


class Served:
    """What granian serves: `ready` first, then the application."""

    def __init__(self, app: ASGIApp, ready: Ready) -> None:
        self._app = app
        self._ready = ready
        self._lifespan = LifespanProtocol(app)  # type: ignore[no-untyped-call]

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Start the application; a process whose application does not start ends."""
        loop.run_until_complete(self._lifespan.startup())  # type: ignore[no-untyped-call]
        if self._lifespan.interrupt:
            sys.exit(1)

    def __rsgi_del__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Let the application end what it began."""
        loop.run_until_complete(self._lifespan.shutdown())  # type: ignore[no-untyped-call]

    async def __rsgi__(self, request: Any, protocol: Any) -> None:  # noqa: ANN401 - granian's
        """Serve one request."""
        answer = self._ready(request)
        if answer is not None:
            protocol.response_bytes(*answer)
            return
        scope = scope_of(request, self._lifespan.state)
        exchange = Exchange(protocol, request.headers.get("content-length"))
        app = _refuse if "transfer-encoding" in request.headers else self._app
        await app(scope, exchange.receive, exchange.send)


def scope_of(request: Any, state: Mapping[str, Any]) -> Scope:  # noqa: ANN401 - granian's
    """Return a request as ASGI describes it."""
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": request.http_version,
        "method": request.method,
        "scheme": request.scheme,
        "path": request.path,
        "raw_path": quote(request.path).encode(),
        "root_path": "",
        "query_string": request.query_string.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in request.headers.items()],
        "client": (host_of(request), 0),
        "server": (request.server.rpartition(":")[0].strip("[]"), 0),
        "state": dict(state),
    }


def host_of(request: Any) -> str:  # noqa: ANN401 - granian's
    """Return the address that a request came from, without its port."""
    host: str = request.client.rpartition(":")[0]
    return host.strip("[]")


async def _refuse(scope: Scope, receive: Any, send: Any) -> None:  # noqa: ANN401
    problem = LengthRequiredProblem("Send Content-Length, the body's length in bytes.")
    await response(problem, scope["path"])(scope, receive, send)


class Exchange:
    """A request's body, `length` bytes of it, and its answer, as ASGI's messages."""

    def __init__(self, protocol: Any, length: str | None) -> None:  # noqa: ANN401 - granian's
        self._protocol = protocol
        self._n_left = int(length or 0)  # the server has refused what is no number
        self._is_told = False
        self._parts: AsyncIterator[bytes] | None = None
        self._head: tuple[int, list[tuple[str, str]]] = (0, [])
        self._stream: Any = None

    async def receive(self) -> Message:
        """Return what comes of the body; then, or if it is cut off, that the client has gone."""
        if self._is_told:
            await self._protocol.client_disconnect()
            return DISCONNECT
        try:
            part = await self._part() if self._n_left else b""
        except (ProtocolClosed, OSError, StopAsyncIteration):
            self._is_told = True
            return DISCONNECT
        self._n_left -= len(part)
        self._is_told = not self._n_left
        return {"type": "http.request", "body": part, "more_body": not self._is_told}

    async def _part(self) -> bytes:
        if self._parts is None and self._n_left <= MAX_WHOLE_BYTES:
            whole: bytes = await self._protocol()
            return whole
        self._parts = self._parts or aiter(self._protocol)
        return await anext(self._parts)  # with a default the process ends, as of granian 2.8

    async def send(self, message: Message) -> None:
        """Send an answer: whole, or as a stream if its first part is not all of it."""
        if message["type"] == "http.response.start":
            headers = [(n.decode("latin-1"), v.decode("latin-1")) for n, v in message["headers"]]
            self._head = message["status"], headers
            return
        body, is_last = message.get("body", b""), not message.get("more_body", False)
        if self._stream is None and is_last:
            self._protocol.response_bytes(*self._head, body)
            return
        if self._stream is None:
            self._stream = self._protocol.response_stream(*self._head)
        with contextlib.suppress(ProtocolClosed):  # nobody hears it; `receive` tells of that
            if body:
                await self._stream.send_bytes(body)
