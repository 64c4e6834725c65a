"""Wires accounts to a request, and tells who is calling."""

from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from transactional.accounts.repository import AccountRepository
from transactional.accounts.service import AccountService, UnauthorisedProblem
from transactional.accounts.throttle import Throttle
from transactional.accounts.tokens import Caller, TokenSigner
from transactional.deps import RedisDep, SessionDep, new_event_id, utc_now
from web.problems import Problem

BearerDep = Annotated[HTTPAuthorizationCredentials | None, Depends(HTTPBearer(auto_error=False))]


class ForbiddenProblem(Problem):
    """The caller's role does not allow this."""

    type, title, status = "/problems/forbidden", "Forbidden", 403


def token_signer(request: Request) -> TokenSigner:
    """Return the application's token signer."""
    signer: TokenSigner = request.app.state.tokens
    return signer


TokenSignerDep = Annotated[TokenSigner, Depends(token_signer)]


def caller(bearer: BearerDep, tokens: TokenSignerDep) -> Caller:
    """Return who calls, by the bearer token."""
    found = tokens.read(bearer.credentials) if bearer else None
    if found is None:
        raise UnauthorisedProblem("Log in at POST /api/v1/tokens and send the token as Bearer.")
    return found


CallerDep = Annotated[Caller, Depends(caller)]


def operator(caller: CallerDep) -> Caller:
    """Return who calls if it is an operator."""
    if caller.role != "ops":
        raise ForbiddenProblem("This is for operators of the shop.")
    return caller


OperatorDep = Annotated[Caller, Depends(operator)]


def account_service(session: SessionDep, request: Request) -> AccountService:
    """Build the service for one request."""
    passwords = request.app.state.passwords
    return AccountService(AccountRepository(session), passwords, utc_now, new_event_id)


AccountServiceDep = Annotated[AccountService, Depends(account_service)]


def throttle(redis: RedisDep) -> Throttle:
    """Return the bound on log-in attempts."""
    return Throttle(redis)


ThrottleDep = Annotated[Throttle, Depends(throttle)]
