"""An operation's plain case, answered without the framework's way to an endpoint.

What a framework does for every request (dependencies, parsing, three nested handlers) costs several
times what a short request does itself. A shortcut stands before the operation's own route and answers
what is plainly right; for all else, every wrong request among it, the route answers as ever. The
route stays the operation's definition and what the OpenAPI document tells of.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar, get_origin
from urllib.parse import parse_qsl

from fastapi import FastAPI, Request
from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

Body = TypeVar("Body", bound=BaseModel)
Headers = Mapping[bytes, bytes]
JSON = "application/json"
NOT_MODIFIED = 304


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer, ready to send."""

    status: int
    media_type: str
    body: bytes
    headers: Sequence[tuple[bytes, bytes]] = ()


Serve = Callable[[Any, Headers, bytes], Awaitable[Answer | None]]
"""Takes the application's state, the headers by lower-case name and the body; of a GET, the query.

Returns None, having done nothing, for what the operation's own route shall answer. What it raises is
handled as if the route had raised it.
"""


@dataclass(frozen=True)
class Shortcut:
    """Answers requests of one route, whose path has no parameters.

    Raises
    ------
    ValueError
        If the route has several methods or a path with parameters.
    """

    route: APIRoute
    serve: Serve

    def __post_init__(self) -> None:
        """Check that one method and one path tell the route's requests."""
        if len(self.route.methods) > 1 or self.route.param_convertors:
            raise ValueError(f"{self.route.path}: a shortcut is for one method and a fixed path")

    @property
    def of(self) -> tuple[str, str]:
        """The method and the path."""
        return next(iter(self.route.methods)), self.route.path


class Shortcuts:
    """Middleware, the innermost: what a shortcut does not answer goes on to the routes."""

    def __init__(self, app: ASGIApp, shortcuts: Sequence[Shortcut]) -> None:
        self.app = app
        self.shortcuts = {each.of: each for each in shortcuts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        shortcut = self.shortcuts.get((scope.get("method", ""), scope.get("path", "")))
        if shortcut is None:
            await self.app(scope, receive, send)
            return
        messages = [] if scope["method"] == "GET" else await _read(receive)
        scope["route"] = shortcut.route
        try:
            answer = await _plain(shortcut, scope, messages)
        except Exception as error:  # noqa: BLE001 - handled as the framework handles it
            await _explain(error, scope, receive, send)
            return
        if answer is None:
            await self.app(scope, _again(messages, receive), send)
            return
        await send(_head(answer))
        await send({"type": "http.response.body", "body": answer.body})


def add_shortcuts(app: FastAPI, shortcuts: Sequence[Shortcut]) -> None:
    """Put shortcuts before an application's routes, behind its other middleware."""
    app.user_middleware.append(Middleware(Shortcuts, shortcuts=shortcuts))


async def _plain(shortcut: Shortcut, scope: Scope, messages: Sequence[Message]) -> Answer | None:
    headers = dict(reversed(scope["headers"]))  # of several with one name the first counts
    if not messages:
        return await shortcut.serve(scope["app"].state, headers, scope["query_string"])
    if not _is_json(headers) or messages[-1]["type"] != "http.request":
        return None
    return await shortcut.serve(scope["app"].state, headers, messages[-1]["body"])


async def _explain(error: Exception, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer an error as the application's handler for its kind does; without one, raise it."""
    handlers = scope["app"].exception_handlers
    handler = next((handlers[kind] for kind in type(error).__mro__ if kind in handlers), None)
    if handler is None:
        raise error
    response = await handler(Request(scope, receive), error)
    await response(scope, receive, send)


def parsed(kind: type[Body], body: bytes) -> Body | None:
    """Return a body's content, or None if anything is wrong with it."""
    try:
        return kind.model_validate_json(body)
    except ValidationError:
        return None


def asked(kind: type[Body], query: bytes) -> Body | None:
    """Return what a query string asks for, or None if anything is wrong with it or said twice."""
    try:
        pairs = parse_qsl(query.decode("ascii"), keep_blank_values=True, strict_parsing=bool(query))
        values: dict[str, Any] = {}
        for name, value in pairs:
            if is_list(kind, name):
                values.setdefault(name, []).append(value)
            elif values.setdefault(name, value) is not value:
                return None
        return kind.model_validate(values)
    except ValueError:  # pydantic's too
        return None


@cache
def is_list(kind: type[BaseModel], name: str) -> bool:
    """Return whether a field takes several values."""
    field = kind.model_fields.get(name)
    return field is not None and get_origin(field.annotation) is list


def _is_json(headers: Headers) -> bool:
    return headers.get(b"content-type", b"").partition(b";")[0].strip() == JSON.encode()


async def _read(receive: Receive) -> list[Message]:
    """Return the whole body as one message; if the client left before its end, that as another."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return [{"type": "http.request", "body": bytes(body), "more_body": True}, message]
        body += message.get("body", b"")
        if not message.get("more_body", False):
            return [{"type": "http.request", "body": bytes(body)}]


def _again(messages: Sequence[Message], receive: Receive) -> Receive:
    """Return a `receive` that gives these messages first."""
    left = iter(messages)

    async def receive_again() -> Message:
        message = next(left, None)
        return await receive() if message is None else message

    return receive_again


def _head(answer: Answer) -> Message:
    headers = all_headers(answer)
    return {"type": "http.response.start", "status": answer.status, "headers": headers}


def all_headers(answer: Answer) -> list[tuple[bytes, bytes]]:
    """Return an answer's own headers, and what they say of its body."""
    headers = [*answer.headers]
    if answer.status != NOT_MODIFIED:  # which has no body to tell of
        headers += [
            (b"content-length", str(len(answer.body)).encode()),
            (b"content-type", answer.media_type.encode()),
        ]
    return headers
