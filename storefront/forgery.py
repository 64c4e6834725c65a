"""Tokens of forms, against requests that another site makes a shopper's browser send.

A signed double submit (OWASP): the form carries a signature of what the cookie holds. Each page masks
it with letters of its own, so that compressing a page tells nothing of it (BREACH).
"""

import hashlib
import hmac
import secrets

FIELD = "csrf"
NONCE_CHARACTERS = 16


def new_token(secret: str, cookie: str) -> str:
    """Return a token for a form, of who has this cookie."""
    nonce = secrets.token_urlsafe(NONCE_CHARACTERS)[:NONCE_CHARACTERS]
    return nonce + _signature(secret, cookie, nonce)


def is_genuine(token: str, secret: str, cookie: str) -> bool:
    """Tell whether we made the token for who has this cookie."""
    nonce, signature = token[:NONCE_CHARACTERS], token[NONCE_CHARACTERS:]
    made = _signature(secret, cookie, nonce)
    return bool(cookie) and hmac.compare_digest(signature.encode(), made.encode())


def _signature(secret: str, cookie: str, nonce: str) -> str:
    return hmac.new(secret.encode(), f"{nonce}.{cookie}".encode(), hashlib.sha256).hexdigest()
