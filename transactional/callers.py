"""Who is calling, by the bearer token, and what their role lets them do."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.openapi.models import HTTPBearer
from fastapi.security.base import SecurityBase
from sqlalchemy import text

from transactional.deps import SessionDep
from transactional.tokens import Caller, Claims, TokenSigner
from web.problems import Problem

TOKEN_IS_OPTIONAL: dict[str, object] = {"security": [{}]}
"""For `openapi_extra`: the document shall say that the operation does without a token, too."""


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


def spoken_for(state: Any, authorisation: str) -> Caller | None:  # noqa: ANN401 - the application's
    """Return whom an Authorization header speaks for; None if it is none, or counts no more."""
    scheme, _, token = authorisation.partition(" ")
    found: Claims | None = state.tokens.read(token) if scheme.lower() == "bearer" else None
    if found is None or state.revocations.holds(found.caller, found.issued_at):
        return None
    return found.caller


class Bearer(SecurityBase):
    """Reads the bearer token (RFC 6750): who it speaks for, or None.

    One dependency that the OpenAPI document knows as the scheme; one for each step (header, signer,
    revocations, caller) costs more than the steps themselves.
    """

    def __init__(self) -> None:
        self.model = HTTPBearer()
        self.scheme_name = "HTTPBearer"

    async def __call__(self, request: Request) -> Caller | None:
        """Return whom the token speaks for; None without one, or if it counts no more."""
        return spoken_for(request.app.state, request.headers.get("authorization", ""))


class RequiredBearer(Bearer):
    """The same for what needs somebody."""

    async def __call__(self, request: Request) -> Caller:
        """Return whom the token speaks for.

        Raises
        ------
        UnauthorisedProblem
            If it speaks for nobody.
        """
        return found_or_refused(await super().__call__(request))


VisitorDep = Annotated[Caller | None, Depends(Bearer())]
CallerDep = Annotated[Caller, Depends(RequiredBearer())]


def found_or_refused(caller: Caller | None) -> Caller:
    """Return the caller.

    Raises
    ------
    UnauthorisedProblem
        If there is none.
    """
    if caller is None:
        raise UnauthorisedProblem("Log in at POST /api/v1/tokens and send the token as Bearer.")
    return caller


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
