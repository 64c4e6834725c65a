"""A bound on how often one caller asks."""

import hashlib
import math
from collections.abc import Callable, Container
from dataclasses import dataclass, field

from starlette.types import ASGIApp, Receive, Scope, Send

from web.headers import first_header
from web.problems import Problem, response

MAX_CALLERS = 20_000
ROUNDING_SECONDS = 1e-9


class TooManyRequestsProblem(Problem):
    """The caller asks more often than one caller may."""

    type, title, status = "/problems/too-many-requests", "Too many requests", 429


@dataclass
class RateLimit:
    """A token bucket per caller, kept as one number each (GCRA, ITU-T I.371).

    A caller may ask `burst` times at once and `per_second` times a second in the long run. Each
    process counts for itself: with n of them a caller gets up to n times as much.
    """

    per_second: float
    burst: int
    clock: Callable[[], float]
    _full_at: dict[str, float] = field(default_factory=dict)

    def wait_seconds(self, caller: str, n_requests: int = 1) -> float:
        """Count requests and return 0, or return how long to wait for all and count none.

        Of more than `burst` at once none is ever let through.
        """
        now, each = self.clock(), 1 / self.per_second
        full_at = max(self._full_at.get(caller, 0.0), now)
        wait = full_at - now - (self.burst - n_requests) * each
        if wait > ROUNDING_SECONDS:
            return wait
        if len(self._full_at) >= MAX_CALLERS:
            self._forget(now)
        self._full_at[caller] = full_at + n_requests * each
        return 0.0

    def _forget(self, now: float) -> None:
        """Drop who has a full bucket again; all, if everybody is busy: a full table bounds nobody."""
        busy = {caller: at for caller, at in self._full_at.items() if at > now}
        self._full_at = busy if len(busy) < MAX_CALLERS else {}


class CallerRates:
    """Middleware: answers 429 with Retry-After to who asks too often.

    Counted by bearer token, and by network address, where made-up tokens gain nothing. Addresses in
    `trusted` are our own proxies and pages: many people ask through them. What tells how the service
    is (`exempt`, paths) is always answered.
    """

    def __init__(
        self,
        app: ASGIApp,
        by_token: RateLimit,
        by_address: RateLimit,
        trusted: Container[str],
        exempt: frozenset[str],
    ) -> None:
        self.app = app
        self.by_token = by_token
        self.by_address = by_address
        self.trusted = trusted
        self.exempt = exempt

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["path"] in self.exempt:
            await self.app(scope, receive, send)
            return
        seconds = self._wait_seconds(scope)
        if seconds > 0:
            problem = TooManyRequestsProblem(
                "You ask more often than one caller may. Wait as long as Retry-After says.",
                {"Retry-After": str(math.ceil(seconds))},
            )
            await response(problem, scope["path"])(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _wait_seconds(self, scope: Scope) -> float:
        address = scope["client"][0] if scope.get("client") else ""
        if address not in self.trusted and (seconds := self.by_address.wait_seconds(address)):
            return seconds
        token = first_header(scope, b"authorization")
        if not token:
            return 0.0
        # Kept shorter than the token, and no secret.
        return self.by_token.wait_seconds(hashlib.sha256(token.encode()).hexdigest())
