"""/accounts and /tokens: registering, logging in and out."""

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from transactional.accounts import sessions as chains
from transactional.accounts.deps import (
    AccountServiceDep,
    GuestEntranceDep,
    LogInDep,
    SessionsDep,
    ThrottleDep,
)
from transactional.accounts.models import Account
from transactional.accounts.schemas import (
    AccountView,
    Credentials,
    Guest,
    RefreshRequest,
    Registration,
    Token,
)
from transactional.accounts.throttle import LOCK_OUT, LOG_IN, REGISTRATIONS, address_of
from transactional.callers import CallerDep, TokenSignerDep, UnauthorisedProblem
from transactional.carts.deps import GuestCartDep
from transactional.tokens import LIFETIME, Caller, TokenSigner
from web.problems import response

router = APIRouter(tags=["accounts"])


@router.post("/accounts", status_code=201)
async def register(
    body: Registration, service: AccountServiceDep, throttle: ThrottleDep, request: Request
) -> AccountView:
    """Make an account; a code that confirms the address goes to it by mail."""
    await throttle.count(REGISTRATIONS, address_of(request))
    account = await service.register(body.email, body.password.get_secret_value(), body.region)
    return _view(account)


@router.post("/accounts/guests", status_code=201)
async def begin_as_guest(
    body: Guest,
    entrance: GuestEntranceDep,
    throttle: ThrottleDep,
    tokens: TokenSignerDep,
    request: Request,
) -> Token:
    """Make an account without a password, to order with; what is in the `Cart-Token`'s cart joins it.

    These tokens are its only way in until a password is set: POST /api/v1/accounts/password-resets.
    """
    await throttle.count(REGISTRATIONS, address_of(request))
    return _token(tokens, *await entrance.enter(body.email, body.region))


@router.post("/tokens", status_code=201)
async def log_in(
    body: Credentials,
    service: LogInDep,
    throttle: ThrottleDep,
    tokens: TokenSignerDep,
    guest_cart: GuestCartDep,
    request: Request,
) -> Token:
    """Exchange e-mail and password for tokens; at most 10 wrong tries in 15 minutes from one place.

    With a `Cart-Token`, the guest's cart becomes part of the customer's: of a product in both the
    larger number of units, at most 100 products.
    """
    address = address_of(request)
    await throttle.count(LOG_IN, body.email, address)
    await throttle.count(LOCK_OUT, body.email)
    account = await service.authenticate(body.email, body.password.get_secret_value())
    await throttle.forget(LOG_IN, body.email, address)
    await throttle.forget(LOCK_OUT, body.email)
    await guest_cart.merge_into(account.customer_id)
    refresh_token = await service.begin_session(account.customer_id)
    return _token(tokens, Caller(account.customer_id, account.role), refresh_token)


@router.post("/tokens/refresh", status_code=201, response_model=Token)
async def refresh(
    body: RefreshRequest, sessions: SessionsDep, tokens: TokenSignerDep, request: Request
) -> Token | JSONResponse:
    """Exchange a refresh token, once, for new tokens; used twice it ends its session."""
    found = await sessions.refresh(body.refresh_token)
    if found is None:  # answered, not raised: that the session ended must be committed
        return response(chains.refused(), request.url.path)
    return _token(tokens, *found)


@router.post("/tokens/revoke", status_code=204)
async def log_out(body: RefreshRequest, sessions: SessionsDep) -> None:
    """End the session of a refresh token."""
    await sessions.end(body.refresh_token)


@router.post("/accounts/me/log-out-everywhere", status_code=204)
async def log_out_everywhere(caller: CallerDep, sessions: SessionsDep) -> None:
    """End all sessions of the caller; access tokens of before are refused within seconds."""
    await sessions.end_all(caller.customer_id, "logged out everywhere")


@router.get("/accounts/me")
async def read_own_account(caller: CallerDep, service: AccountServiceDep) -> AccountView:
    """Return the caller's account."""
    account = await service.accounts.by_id(caller.customer_id)
    if account is None:
        raise UnauthorisedProblem("This account is gone. Register again.")
    return _view(account)


def _view(account: Account) -> AccountView:
    return AccountView.model_validate(account, from_attributes=True)


def _token(tokens: TokenSigner, caller: Caller, refresh_token: str) -> Token:
    return Token(
        access_token=tokens.issue(caller),
        expires_in_seconds=int(LIFETIME.total_seconds()),
        refresh_token=refresh_token,
    )
