"""Access tokens: JWT signed with HS256, 15 minutes."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

import jwt

from web.tokens import ISSUER, Caller, Claims, read_token

__all__ = ["LIFETIME", "Caller", "Claims", "TokenSigner"]

LIFETIME = dt.timedelta(minutes=15)


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
            "iat": now.timestamp(),
            "exp": now + LIFETIME,
        }
        return jwt.encode(claims, self.secret, algorithm="HS256")

    def read(self, token: str) -> Claims | None:
        """Return what the token says; None if it is forged, expired or no token."""
        return read_token(token, self.secret, self.now())
