"""An operation's plain case, answered without the framework's way to an endpoint.

What a framework does for every request (dependencies, parsing, three nested handlers) costs several
times what a short request does itself. A shortcut stands before the operation's own route and answers
what is plainly right; for all else, every wrong request among it, the route answers as ever. The
route stays the operation's definition and what the OpenAPI document tells of.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from fastapi.routing import APIRoute
from pydantic import BaseModel, ValidationError
from starlette.routing import BaseRoute, Match
from starlette.types import Message, Receive, Scope, Send

Body = TypeVar("Body", bound=BaseModel)
Headers = Mapping[bytes, bytes]
JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer, ready to send."""

    status: int
    media_type: str
    body: bytes


Serve = Callable[[Any, Headers, bytes], Awaitable[Answer | None]]
"""Takes the application's state, the headers by lower-case name and the body.

Returns None, having done nothing, for what the operation's own route shall answer. What it raises is
handled as if the route had raised it.
"""


class Shortcut(BaseRoute):
    """Answers requests of one route, whose path has no parameters."""

    def __init__(self, route: APIRoute, serve: Serve) -> None:
        self.route = route
        self.serve = serve
        self.method, *others = route.methods
        if others or route.param_convertors:
            raise ValueError(f"{route.path}: a shortcut is for one method and a fixed path")

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Take what the route would take."""
        if scope["path"] == self.route.path and scope.get("method") == self.method:
            return Match.FULL, {"route": self.route, "endpoint": self.route.endpoint}
        return Match.NONE, {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        messages = await _until_complete(receive)
        headers = dict(reversed(scope["headers"]))  # of several with one name the first counts
        answer = None
        if _is_json(headers) and messages[-1]["type"] == "http.request":
            body = b"".join(message.get("body", b"") for message in messages)
            answer = await self.serve(scope["app"].state, headers, body)
        if answer is None:
            scope["path_params"] = {}
            await self.route.handle(scope, _again(messages, receive), send)
            return
        await send(_head(answer))
        await send({"type": "http.response.body", "body": answer.body})


def parsed(kind: type[Body], body: bytes) -> Body | None:
    """Return a body's content, or None if anything is wrong with it."""
    try:
        return kind.model_validate_json(body)
    except ValidationError:
        return None


def _is_json(headers: Headers) -> bool:
    return headers.get(b"content-type", b"").partition(b";")[0].strip() == JSON.encode()


async def _until_complete(receive: Receive) -> list[Message]:
    messages = [await receive()]
    while messages[-1].get("more_body", False):
        messages.append(await receive())
    return messages


def _again(messages: list[Message], receive: Receive) -> Receive:
    """Return a `receive` that gives these messages first."""
    left = iter(messages)

    async def receive_again() -> Message:
        message = next(left, None)
        return await receive() if message is None else message

    return receive_again


def _head(answer: Answer) -> Message:
    return {
        "type": "http.response.start",
        "status": answer.status,
        "headers": [
            (b"content-length", str(len(answer.body)).encode()),
            (b"content-type", answer.media_type.encode()),
        ],
    }
