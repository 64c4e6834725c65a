"""The shop's side of the test provider (`transactional.payments.test_provider`)."""

import datetime as dt
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import aiohttp
from pydantic_core import to_json

from transactional.payments.notices import BadNoticeError, Notice
from transactional.payments.provider import (
    Authorisation,
    AuthorisationRequest,
    PaymentRefusedError,
    ProviderUnreachableError,
)
from transactional.payments.signatures import BadSignatureError, verify

SECONDS = 5.0
HEADERS = {"Content-Type": "application/json"}


class Line(Protocol):
    """The way to the provider's process."""

    async def ask(self, method: str, path: str, body: bytes | None) -> tuple[int, bytes]:
        """Return an answer's status and body; raise `ProviderUnreachableError` if none comes."""

    async def aclose(self) -> None:
        """Close the connections."""


class HttpLine:
    """The way over HTTP to a URL. Connects on first use."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._session: aiohttp.ClientSession | None = None

    async def ask(self, method: str, path: str, body: bytes | None) -> tuple[int, bytes]:
        """Return an answer's status and body; raise `ProviderUnreachableError` if none comes."""
        if self._session is None:  # it can be made within a running loop only
            timeout = aiohttp.ClientTimeout(total=SECONDS)
            self._session = aiohttp.ClientSession(timeout=timeout, headers=HEADERS)
        url = self._url + path
        try:
            async with self._session.request(
                method, url, data=body, allow_redirects=False
            ) as answer:
                return answer.status, await answer.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            raise ProviderUnreachableError(repr(error)) from error

    async def aclose(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None


class EmbeddedProvider:
    """Calls the test provider's process; many authorisations travel in one request."""

    name = "test"
    n_at_once = 1

    def __init__(self, line: Line) -> None:
        self._line = line

    @classmethod
    def at(cls, url: str) -> "EmbeddedProvider":
        """Return the provider whose process is at `url`; it connects on first use."""
        return cls(HttpLine(url))

    async def authorise(
        self, requests: Sequence[AuthorisationRequest]
    ) -> list[Authorisation | ProviderUnreachableError]:
        """Answer each request, in order."""
        wanted = [
            {
                "key": r.key,
                "amount_cents": r.amount_cents,
                "currency": r.currency,
                "method": r.method,
            }
            for r in requests
        ]
        answers = await self._call("POST", "/v1/authorisations", wanted)
        return [_authorisation(answer) for answer in answers]

    async def capture(self, reference: str, amount_cents: int, key: str) -> None:
        """Take held money."""
        await self._operate(reference, "capture", amount_cents, key)

    async def void(self, reference: str, key: str) -> None:
        """Let held money go."""
        await self._operate(reference, "void", 0, key)

    async def refund(self, reference: str, amount_cents: int, key: str) -> None:
        """Give taken money back."""
        await self._operate(reference, "refund", amount_cents, key)

    async def status(self, reference: str) -> Authorisation:
        """Return what has become of an authorisation by now."""
        found = _authorisation(await self._call("GET", f"/v1/authorisations/{reference}"))
        if isinstance(found, ProviderUnreachableError):
            raise found
        return found

    async def aclose(self) -> None:
        """Close the connections."""
        await self._line.aclose()

    async def _operate(self, reference: str, kind: str, amount_cents: int, key: str) -> None:
        path = f"/v1/authorisations/{reference}/{kind}"
        await self._call("POST", path, {"key": key, "amount_cents": amount_cents})

    async def _call(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - JSON
        content = None if body is None else to_json(body)
        status, answer = await self._line.ask(method, path, content)
        if status >= 500 or 300 <= status < 400:
            raise ProviderUnreachableError(f"{status} from {path}")
        if status >= 400:
            raise PaymentRefusedError(answer.decode(errors="replace"))
        return json.loads(answer)


@dataclass(frozen=True)
class EmbeddedNotices:
    """Reads the test provider's webhooks: header `Signature`, see `signatures`."""

    secret: str
    now: Callable[[], dt.datetime]

    def read(self, body: bytes, headers: Mapping[str, str]) -> Notice:
        """Return which payment the customer decided on."""
        try:
            verify(body, headers.get("Signature", ""), self.secret, self.now())
            told = json.loads(body)
            return Notice(str(told["key"]), str(told["reference"]))
        except (BadSignatureError, ValueError, TypeError, KeyError) as error:
            raise BadNoticeError(str(error)) from error


def _authorisation(answer: dict[str, Any] | None) -> Authorisation | ProviderUnreachableError:
    if answer is None:
        return ProviderUnreachableError("the answer was lost")
    return Authorisation(
        answer["status"], answer["reference"], answer["reason"], answer["action_url"]
    )
