"""Who is calling, by the bearer token, and what their role lets them do."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy import text

from transactional.deps import SessionDep
from transactional.revocations import Revocations
from transactional.tokens import Caller, TokenSigner
from web.problems import Problem

TOKEN_IS_OPTIONAL: dict[str, object] = {"security": [{}]}
"""For `openapi_extra`: the document shall say that the operation does without a token, too."""
BearerDep = Annotated[HTTPAuthorizationCredentials | None, Depends(HTTPBearer(auto_error=False))]


class UnauthorisedProblem(Problem):
    """No valid token, or wrong credentials; the same words whether or not the account exists."""

    type, title, status = "/problems/unauthorised", "Unauthorised", 401

    def __init__(self, detail: str) -> None:
        super().__init__(detail, {"WWW-Authenticate": "Bearer"})


class ForbiddenProblem(Problem):
    """The caller's role does not allow this."""

    type, title, status = "/problems/forbidden", "Forbidden", 403


async def token_signer(request: Request) -> TokenSigner:
    """Return the application's token signer."""
    signer: TokenSigner = request.app.state.tokens
    return signer


TokenSignerDep = Annotated[TokenSigner, Depends(token_signer)]


async def revocations(request: Request) -> Revocations:
    """Return the application's revocations."""
    kept: Revocations = request.app.state.revocations
    return kept


RevocationsDep = Annotated[Revocations, Depends(revocations)]


async def caller(bearer: BearerDep, tokens: TokenSignerDep, revoked: RevocationsDep) -> Caller:
    """Return who calls, by the bearer token."""
    found = tokens.read(bearer.credentials) if bearer else None
    if found is None or revoked.holds(found.caller, found.issued_at):
        raise UnauthorisedProblem("Log in at POST /api/v1/tokens and send the token as Bearer.")
    return found.caller


CallerDep = Annotated[Caller, Depends(caller)]


async def operator(caller: CallerDep) -> Caller:
    """Return who calls if it is an operator."""
    if caller.role != "ops":
        raise ForbiddenProblem("This is for operators of the shop.")
    return caller


OperatorDep = Annotated[Caller, Depends(operator)]


SELLER = text("""
select seller_id from sellers where customer_id = :customer_id and status = 'approved'
""")


@dataclass(frozen=True, slots=True)
class SellerCaller:
    """A seller the shop has approved, and the account that speaks for them."""

    seller_id: int
    customer_id: int


async def seller(caller: CallerDep, session: SessionDep) -> SellerCaller:
    """Return who calls if it is a seller; the database decides, a token may be older than that."""
    seller_id = await session.scalar(SELLER, {"customer_id": caller.customer_id})
    if seller_id is None:
        raise ForbiddenProblem(
            "This is for sellers: apply at POST /api/v1/sellers and be approved."
        )
    return SellerCaller(seller_id, caller.customer_id)


SellerDep = Annotated[SellerCaller, Depends(seller)]
