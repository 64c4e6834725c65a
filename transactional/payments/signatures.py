"""Signed webhooks: `t=<seconds>,v1=<hex HMAC-SHA256 of "t.body">`, Stripe's scheme."""

import datetime as dt
import hashlib
import hmac

TOLERANCE = dt.timedelta(minutes=5)


class BadSignatureError(Exception):
    """The webhook was not signed with our secret, or too long ago."""


def sign(body: bytes, secret: str, now: dt.datetime) -> str:
    """Return the header that proves that `body` comes from who knows the secret, at `now`."""
    seconds = int(now.timestamp())
    return f"t={seconds},v1={_digest(body, secret, seconds)}"


def verify(body: bytes, header: str, secret: str, now: dt.datetime) -> None:
    """Check a header that `sign` made.

    Raises
    ------
    BadSignatureError
        If the digest is not of this body and secret, or is more than `TOLERANCE` from `now`.
    """
    parts = dict(part.partition("=")[::2] for part in header.split(","))
    if not parts.get("t", "").isdigit() or len(parts["t"]) > 12:
        raise BadSignatureError("the signature has no time")
    seconds = int(parts["t"])
    expected = _digest(body, secret, seconds)
    if not hmac.compare_digest(expected.encode(), parts.get("v1", "").encode("utf-8", "replace")):
        raise BadSignatureError("the signature is not of this body")
    if abs(now.timestamp() - seconds) > TOLERANCE.total_seconds():
        raise BadSignatureError("the signature is too old")


def _digest(body: bytes, secret: str, seconds: int) -> str:
    message = str(seconds).encode() + b"." + body
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()
