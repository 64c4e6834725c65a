"""Wires the reading of answers to the stores, and to who may: operators, by the shop's tokens."""

import datetime as dt
from typing import Annotated

from fastapi import Depends, Request
from fastapi.openapi.models import HTTPBearer
from fastapi.security.base import SecurityBase

from serving.answers.reading import KeptAnswers
from serving.errors import ForbiddenProblem, NoTokensProblem, UnauthorisedProblem
from web.tokens import Caller, read_token

OPERATOR = "ops"


class Operator(SecurityBase):
    """Reads the bearer token (RFC 6750): which operator it speaks for.

    A token counts for its 15 minutes: that its account was logged out everywhere is known to the shop alone.
    """

    def __init__(self) -> None:
        self.model = HTTPBearer()
        self.scheme_name = "HTTPBearer"

    async def __call__(self, request: Request) -> Caller:
        """Return the operator.

        Raises
        ------
        NoTokensProblem, UnauthorisedProblem, ForbiddenProblem
            If this process knows no secret, the token speaks for nobody, or for no operator.
        """
        secret: str = request.app.state.token_secret
        if not secret:
            raise NoTokensProblem("Start serving with the shop's TOKEN_SECRET.")
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        claims = read_token(token, secret, _now()) if scheme.lower() == "bearer" else None
        if claims is None:
            raise UnauthorisedProblem("Log in at POST /api/v1/tokens and send the token as Bearer.")
        if claims.caller.role != OPERATOR:
            raise ForbiddenProblem("Answers tell of persons: they are for operators of the shop.")
        return claims.caller


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)  # noqa: TID251 - the edge


OperatorDep = Annotated[Caller, Depends(Operator())]


async def kept_answers(request: Request) -> KeptAnswers:
    """Return where answers are."""
    return KeptAnswers(request.app.state.redis, request.app.state.lake)


KeptAnswersDep = Annotated[KeptAnswers, Depends(kept_answers)]
