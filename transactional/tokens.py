"""Access tokens: JWT signed with HS256, 15 minutes."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import jwt

LIFETIME = dt.timedelta(minutes=15)
ISSUER = "emporium-shop"


@dataclass(frozen=True)
class Caller:
    """Who a token speaks for."""

    customer_id: int
    role: str


@dataclass(frozen=True)
class TokenSigner:
    """Issues and reads tokens with one secret."""

    secret: str
    now: Callable[[], dt.datetime]

    def issue(self, caller: Caller) -> str:
        """Return a token for `caller`, good for `LIFETIME` from now."""
        now = self.now()
        claims = {
            "sub": str(caller.customer_id),
            "role": caller.role,
            "iss": ISSUER,
            "iat": now,
            "exp": now + LIFETIME,
        }
        return jwt.encode(claims, self.secret, algorithm="HS256")

    def read(self, token: str) -> Caller | None:
        """Return whom the token speaks for; None if it is forged, expired or no token."""
        found = _verified(token, self.secret)
        return found[0] if found and self.now() < found[1] else None


@lru_cache(maxsize=20_000)
def _verified(token: str, secret: str) -> tuple[Caller, dt.datetime] | None:
    """Return what a token that we signed says, and until when; the same for ever, so remembered."""
    try:
        claims = jwt.decode(
            token,
            secret,
            algorithms=["HS256"],
            issuer=ISSUER,
            # The time is `now`'s to tell: the library would ask the system.
            options={
                "require": ["sub", "exp", "role"],
                "verify_exp": False,
                "verify_iat": False,
            },
        )
        caller = Caller(int(claims["sub"]), str(claims["role"]))
        return caller, dt.datetime.fromtimestamp(claims["exp"], dt.UTC)
    except (jwt.InvalidTokenError, ValueError, TypeError, OverflowError):
        return None
