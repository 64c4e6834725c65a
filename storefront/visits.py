"""A visit: what a browser's cookies say of who looks, and what the answer shall set."""

import base64
import binascii
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from fastapi import Request
from starlette.responses import Response

Theme = Literal["auto", "light", "dark"]
THEMES: tuple[Theme, ...] = ("auto", "light", "dark")
YEAR_SECONDS = 365 * 86400
CART_SECONDS = 30 * 86400
REFRESH_SECONDS = 30 * 86400
SPARE_SECONDS = 60
"""How long before its end an access token is no more used."""
ACCESS, REFRESH, CART, FORMS = "access", "refresh", "cart", "forms"
THEME, CONSENT, VIEWED, N_UNITS = "theme", "consent", "viewed", "units"
CODES, NOTICES, LANGUAGE = "codes", "notices", "language"
MAX_VIEWED = 12
MAX_WISHES = 200
"""Characters of a header that are read."""
MAX_CODES = 5
CODE = re.compile("[A-Za-z0-9_-]{1,40}")


@dataclass(frozen=True)
class Customer:
    """Who is logged in, as the access token says; the API alone decides whether that is true."""

    customer_id: int
    role: str

    @property
    def is_operator(self) -> bool:
        """Whether the operator's desk is theirs."""
        return self.role == "ops"


@dataclass
class Visit:
    """One request's shopper.

    Parameters
    ----------
    address
        The network address, which the APIs count by.
    is_fragment
        Whether a script asks for a part of a page.
    here
        The page's own path, to come back to.
    languages
        What the browser would read, the best first: two letters each.
    """

    cookies: Mapping[str, str]
    address: str = ""
    is_secure: bool = False
    is_fragment: bool = False
    here: str = "/"
    languages: tuple[str, ...] = ()
    changes: dict[str, tuple[str, int | None]] = field(default_factory=dict)

    @classmethod
    def of(cls, request: Request) -> "Visit":
        """Return the visit that a request is part of."""
        schemes = [request.url.scheme, *request.headers.getlist("x-forwarded-proto")]
        return cls(
            cookies=request.cookies,
            address=request.client.host if request.client else "",
            is_secure="https" in schemes,
            is_fragment="hx-request" in request.headers
            and "hx-history-restore-request" not in request.headers,
            here=_here(request),
            languages=wished(request.headers.get("accept-language", "")),
        )

    def get(self, name: str) -> str:
        """Return a cookie as it will be, or an empty text."""
        if name in self.changes:
            return self.changes[name][0]
        return self.cookies.get(name, "")

    def keep(self, name: str, value: str, seconds: int | None = None) -> None:
        """Set a cookie; without `seconds` until the browser is closed."""
        self.changes[name] = (value, seconds)

    def forget(self, *names: str) -> None:
        """Delete cookies."""
        for name in names:
            self.changes[name] = ("", 0)

    def write_to(self, response: Response) -> None:
        """Put the changed cookies into an answer."""
        for name, (value, seconds) in self.changes.items():
            response.set_cookie(
                name, value, max_age=seconds, secure=self.is_secure, httponly=True, samesite="lax"
            )

    @property
    def customer(self) -> Customer | None:
        """Who is logged in."""
        return claims_of(self.get(ACCESS))

    @property
    def theme(self) -> Theme:
        """Dark, light, or as the browser likes it."""
        chosen = self.get(THEME)
        return chosen if chosen in THEMES else "auto"

    def language(self, known: Iterable[str], otherwise: str) -> str:
        """Return the language to speak: as chosen, else as the browser likes it of those known."""
        of_these = set(known)
        wanted = (self.get(LANGUAGE), *self.languages, otherwise)
        return next((each for each in wanted if each in of_these), otherwise)

    @property
    def consents(self) -> bool:
        """Whether the shopper lets us remember the browser beyond the visit."""
        return self.get(CONSENT) == "yes"

    @property
    def viewed(self) -> list[int]:
        """Products looked at, the latest first; nothing without consent."""
        return ids_of(self.get(VIEWED))[:MAX_VIEWED] if self.consents else []

    @property
    def codes(self) -> list[str]:
        """Promotion codes typed so far."""
        return [each for each in self.get(CODES).split(".") if CODE.fullmatch(each)][:MAX_CODES]

    @property
    def n_units(self) -> int | None:
        """Units in the cart as last seen; None if that is not known."""
        kept = self.get(N_UNITS)
        return int(kept) if kept.isdecimal() and len(kept) < 6 else None

    @property
    def headers(self) -> dict[str, str]:
        """What tells the APIs who asks."""
        sent = {"X-Forwarded-For": self.address} if self.address else {}
        if self.get(ACCESS):
            return {**sent, "Authorization": f"Bearer {self.get(ACCESS)}"}
        return {**sent, "Cart-Token": self.get(CART)} if self.get(CART) else sent

    def has_seen(self, product_id: int) -> None:
        """Note that a product was looked at, if the shopper consents."""
        if self.consents:
            before = [each for each in self.viewed if each != product_id]
            self.keep(VIEWED, joined([product_id, *before][:MAX_VIEWED]), YEAR_SECONDS)

    def log_in(self, access_token: str, refresh_token: str, expires_in_seconds: int) -> None:
        """Take the tokens of a session."""
        self.keep(ACCESS, access_token, max(1, expires_in_seconds - SPARE_SECONDS))
        self.keep(REFRESH, refresh_token, REFRESH_SECONDS)

    def log_out(self) -> None:
        """Forget who was logged in and what was theirs."""
        self.forget(ACCESS, REFRESH, CART, N_UNITS, CODES, NOTICES, FORMS)


def _here(request: Request) -> str:
    if request.method != "GET":
        return "/"
    query = request.url.query
    return local_path(f"{request.url.path}?{query}" if query else request.url.path)


def wished(accept_language: str) -> tuple[str, ...]:
    """Return the languages of a header `Accept-Language` (RFC 9110 §12.5.4), the best first."""
    found: list[tuple[float, int, str]] = []
    for each in accept_language[:MAX_WISHES].split(","):
        tag, _, weight = each.partition(";q=")
        language = re.match("[a-z]{2}", tag.strip().lower())
        quality = float(weight) if re.fullmatch(r"[01](\.\d{0,3})?", weight) else 1.0
        if language and quality:
            found.append((-quality, len(found), language[0]))
    return tuple(language for *_, language in sorted(found))


def claims_of(access_token: str) -> Customer | None:
    """Return whom a token names, unchecked: it decides what is shown, never what is allowed."""
    try:
        payload = access_token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return Customer(int(claims["sub"]), str(claims["role"]))
    except (IndexError, ValueError, KeyError, TypeError, binascii.Error):
        return None


def joined(ids: Iterable[int]) -> str:
    """Return ids as a cookie holds them."""
    return ".".join(map(str, ids))


def ids_of(cookie: str) -> list[int]:
    """Return the ids that a cookie holds; what is no id is passed over."""
    return [int(each) for each in cookie.split(".") if each.isdecimal() and 0 < len(each) < 16]


def local_path(path: str, otherwise: str = "/") -> str:
    """Return a path of this shop to go on to; `otherwise` for what might lead elsewhere."""
    is_local = re.fullmatch(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]*", path)
    return path if is_local else otherwise
