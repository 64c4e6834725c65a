"""Who may look and decide: operators, by the shop's access tokens, in services that are not the shop."""

import datetime as dt

from fastapi import Request
from fastapi.openapi.models import HTTPBearer
from fastapi.security.base import SecurityBase

from web.problems import Problem
from web.tokens import Caller, read_token

OPERATOR = "ops"


class UnauthorisedProblem(Problem):
    """No valid token."""

    type, title, status = "/problems/unauthorised", "Unauthorised", 401

    def __init__(self, detail: str) -> None:
        super().__init__(detail, {"WWW-Authenticate": "Bearer"})


class ForbiddenProblem(Problem):
    """The caller's role does not allow this."""

    type, title, status = "/problems/forbidden", "Forbidden", 403


class NoTokensProblem(Problem):
    """Who calls cannot be told here."""

    type, title, status = "/problems/no-tokens", "Callers cannot be told", 503


class Operator(SecurityBase):
    """Reads the bearer token (RFC 6750): which operator it speaks for.

    A token counts for its 15 minutes: that its account was logged out everywhere is known to the shop alone.

    Parameters
    ----------
    why
        Told to who is logged in and no operator.
    """

    def __init__(self, why: str) -> None:
        self.model = HTTPBearer()
        self.scheme_name = "HTTPBearer"
        self.why = why

    async def __call__(self, request: Request) -> Caller:
        """Return the operator.

        Raises
        ------
        NoTokensProblem, UnauthorisedProblem, ForbiddenProblem
            If this process knows no secret, the token speaks for nobody, or for no operator.
        """
        secret: str = request.app.state.token_secret
        if not secret:
            raise NoTokensProblem("Start this service with the shop's TOKEN_SECRET.")
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        claims = read_token(token, secret, _now()) if scheme.lower() == "bearer" else None
        if claims is None:
            raise UnauthorisedProblem("Log in at POST /api/v1/tokens and send the token as Bearer.")
        if claims.caller.role != OPERATOR:
            raise ForbiddenProblem(self.why)
        return claims.caller


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)  # noqa: TID251 - the edge
