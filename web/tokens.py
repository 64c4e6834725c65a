"""Access tokens as they are read: JWT signed with HS256; `transactional.tokens` issues them."""

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache

import jwt

ISSUER = "emporium-shop"


@dataclass(frozen=True)
class Caller:
    """Who a token speaks for."""

    customer_id: int
    role: str


@dataclass(frozen=True)
class Claims:
    """What a token that we signed says."""

    caller: Caller
    issued_at: dt.datetime
    expires_at: dt.datetime


def read_token(token: str, secret: str, now: dt.datetime) -> Claims | None:
    """Return what a token says; None if it is forged, expired or no token."""
    claims = _verified(token, secret)
    return claims if claims and now < claims.expires_at else None


@lru_cache(maxsize=20_000)
def _verified(token: str, secret: str) -> Claims | None:
    """Check a token's signature and form, which stay the same for ever: the result is remembered."""
    try:
        claims = jwt.decode(
            token,
            secret,
            algorithms=["HS256"],
            issuer=ISSUER,
            # The time is `now`'s to tell: the library would ask the system.
            options={
                "require": ["sub", "iat", "exp", "role"],
                "verify_exp": False,
                "verify_iat": False,
            },
        )
        caller = Caller(int(claims["sub"]), str(claims["role"]))
        issued_at, expires_at = (
            dt.datetime.fromtimestamp(claims[n], dt.UTC) for n in ("iat", "exp")
        )
        return Claims(caller, issued_at, expires_at)
    except (jwt.InvalidTokenError, ValueError, TypeError, OverflowError):
        return None
