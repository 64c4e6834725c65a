"""What a browser may do with a page: nothing inline, nothing from elsewhere, in no frame."""

from collections.abc import Mapping

from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
"""Content-Security-Policy, by directive."""
STRIPE = {
    "script-src": "'self' https://js.stripe.com https://*.js.stripe.com",
    "frame-src": "https://js.stripe.com https://*.js.stripe.com https://hooks.stripe.com",
    "connect-src": "'self' https://api.stripe.com",
}
"""What Stripe's form needs more (https://docs.stripe.com/security/guide#content-security-policy)."""
CHECKOUT = "/checkout"
SECURITY = (
    (b"referrer-policy", b"strict-origin-when-cross-origin"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
)


class SecurityHeaders:
    """Middleware: every answer carries them; one that brings its own keeps it, as a report does.

    Only the checkout lets Stripe in, and only `with_stripe`.
    """

    def __init__(self, app: ASGIApp, *, with_stripe: bool = False) -> None:
        self.app = app
        self.ours = _policy(POLICY)
        self.at_checkout = _policy({**POLICY, **STRIPE}) if with_stripe else self.ours

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        is_checkout = scope.get("path", "").startswith(CHECKOUT)
        policy = self.at_checkout if is_checkout else self.ours

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = {name for name, _ in message["headers"]}
                added = [each for each in (*SECURITY, policy) if each[0] not in own]
                message = {**message, "headers": [*message["headers"], *added]}
            await send(message)

        await self.app(scope, receive, with_headers)


def _policy(directives: Mapping[str, str]) -> tuple[bytes, bytes]:
    told = "; ".join(f"{name} {sources}" for name, sources in directives.items())
    return b"content-security-policy", told.encode()
