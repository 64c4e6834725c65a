"""The APIs, as pages ask them: in parallel, within a time, and each part of a page for itself."""

from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import httpx2

Answer = TypeVar("Answer")
Params = Sequence[tuple[str, str | int]]
Document = Mapping[str, Any]
"""What an API answers, as JSON has it."""
CONNECT_SECONDS = 0.5
READ_SECONDS = 2.0
ENTRY_SECONDS = 10.0
"""Passwords are hashed one after another: a rush of log-ins waits."""
ORDER_SECONDS = 20.0
"""Placing an order waits for the payment provider."""
OPERATIONS_SECONDS = 12.0
"""Operations asks Airflow and MLflow, which take their time."""


class ApiError(Exception):
    """An API did not do what it was asked."""


class UnansweredError(ApiError):
    """It did not answer, or with an error of its own: ask again later."""


class RefusedError(ApiError):
    """It understood and will not.

    Parameters
    ----------
    status
        400 to 499.
    problem
        The problem document (RFC 9457).
    """

    def __init__(self, status: int, problem: Document) -> None:
        super().__init__(f"{status} {problem.get('type', '')}: {problem.get('detail', '')}")
        self.status = status
        self.problem = problem

    @property
    def kind(self) -> str:
        """Name of the problem: the last part of its type, such as `out-of-stock`."""
        return str(self.problem.get("type", "")).rpartition("/")[2]

    @property
    def fields(self) -> frozenset[str]:
        """Names of the body's fields that are wrong."""
        errors = self.problem.get("errors") or ()
        return frozenset(str(each["field"]).rpartition(".")[2] for each in errors)


@dataclass(frozen=True)
class Api:
    """One of the services; `headers` speak for the shopper."""

    client: httpx2.AsyncClient
    headers: Mapping[str, str] = field(default_factory=dict)

    async def get(self, path: str, params: Params = ()) -> Any:  # noqa: ANN401 - JSON
        """Return what is at a path below `/api/v1`."""
        return await self._ask("GET", path, params=list(params))

    async def send(
        self,
        method: str,
        path: str,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        seconds: float | None = None,
    ) -> Any:  # noqa: ANN401 - JSON
        """Send a body as JSON and return the answer; None for an empty one.

        It is waited for as the client does, or so many `seconds`.
        """
        timeout = (
            self.client.timeout
            if seconds is None
            else httpx2.Timeout(seconds, connect=CONNECT_SECONDS)
        )
        return await self._ask(method, path, json=body, headers=headers or {}, timeout=timeout)

    async def file(self, path: str) -> tuple[str, bytes]:
        """Return what is at a path as it is: its media type and content."""
        answer = await self._answer("GET", path)
        return answer.headers.get("content-type", ""), answer.content

    async def _ask(self, method: str, path: str, **options: Any) -> Any:  # noqa: ANN401 - JSON
        answer = await self._answer(method, path, **options)
        try:
            return answer.json() if answer.content else None
        except ValueError as error:
            raise UnansweredError(f"{method} {path}: {error!r}") from error

    async def _answer(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        **options: Any,  # noqa: ANN401 - httpx2's
    ) -> httpx2.Response:
        sent = {**self.headers, **(headers or {})}
        try:
            answer = await self.client.request(method, f"/api/v1{path}", headers=sent, **options)
            refusal = answer.json() if 400 <= answer.status_code < 500 and answer.content else {}
        except (httpx2.TransportError, ValueError) as error:
            raise UnansweredError(f"{method} {path}: {error!r}") from error
        if answer.status_code >= 500:
            raise UnansweredError(f"{method} {path}: {answer.status_code}")
        if answer.status_code >= 400:
            raise RefusedError(answer.status_code, refusal)
        return answer


@dataclass(frozen=True)
class Apis:
    """All services, on behalf of one shopper; `operations` answers operators alone."""

    shop: Api
    serving: Api
    operations: Api


def make_client(
    url: str, transport: httpx2.AsyncBaseTransport | None = None, seconds: float = READ_SECONDS
) -> httpx2.AsyncClient:
    """Return a client that keeps its connections; `transport` replaces the network in tests."""
    return httpx2.AsyncClient(
        base_url=url,
        transport=transport,
        timeout=httpx2.Timeout(seconds, connect=CONNECT_SECONDS),
        limits=httpx2.Limits(max_connections=200, max_keepalive_connections=50),
        trust_env=False,
    )


async def part(asked: Awaitable[Answer]) -> Answer | None:
    """Return a part of a page; None if it cannot be had, so that the rest of the page stands."""
    try:
        return await asked
    except ApiError:
        return None
