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
    """Check a header that `sign` made; with several `v1` (a secret is being renewed) one is enough.

    Raises
    ------
    BadSignatureError
        If the digest is not of this body and secret, or is more than `TOLERANCE` from `now`.
    """
    parts = [part.partition("=")[::2] for part in header.split(",")]
    times = [value for name, value in parts if name == "t"]
    if not times or not times[0].isdigit() or len(times[0]) > 12:
        raise BadSignatureError("the signature has no time")
    seconds = int(times[0])
    expected = _digest(body, secret, seconds).encode()
    given = [value.encode("utf-8", "replace") for name, value in parts if name == "v1"]
    if not any(hmac.compare_digest(expected, each) for each in given):
        raise BadSignatureError("the signature is not of this body")
    if abs(now.timestamp() - seconds) > TOLERANCE.total_seconds():
        raise BadSignatureError("the signature is too old")


def _digest(body: bytes, secret: str, seconds: int) -> str:
    message = str(seconds).encode() + b"." + body
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()
