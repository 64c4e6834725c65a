"""/accounts and /tokens: registering, logging in and out."""

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from transactional.accounts import sessions as chains
from transactional.accounts.deps import AccountServiceDep, LogInDep, SessionsDep, ThrottleDep
from transactional.accounts.models import Account
from transactional.accounts.schemas import (
    AccountView,
    Credentials,
    PasswordChange,
    RefreshRequest,
    Registration,
    Token,
)
from transactional.callers import CallerDep, TokenSignerDep, UnauthorisedProblem
from transactional.carts.deps import GuestCartDep
from transactional.tokens import LIFETIME, Caller, TokenSigner
from web.problems import response

router = APIRouter(tags=["accounts"])


@router.post("/accounts", status_code=201)
async def register(body: Registration, service: AccountServiceDep) -> AccountView:
    """Make an account."""
    account = await service.register(body.email, body.password.get_secret_value(), body.region)
    return _view(account)


@router.post("/tokens", status_code=201)
async def log_in(
    body: Credentials,
    service: LogInDep,
    throttle: ThrottleDep,
    tokens: TokenSignerDep,
    guest_cart: GuestCartDep,
    request: Request,
) -> Token:
    """Exchange e-mail and password for tokens; at most 10 wrong tries in 15 minutes.

    With a `Cart-Token`, the guest's cart becomes part of the customer's: of a product in both the
    larger number of units, at most 100 products.
    """
    address = request.client.host if request.client else ""
    await throttle.attempt(body.email, address)
    account = await service.authenticate(body.email, body.password.get_secret_value())
    await throttle.succeeded(body.email, address)
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


@router.put("/accounts/me/password", status_code=204)
async def change_password(
    body: PasswordChange, caller: CallerDep, service: LogInDep, throttle: ThrottleDep
) -> None:
    """Set a new password and end all sessions: log in again everywhere."""
    account = await service.of(caller.customer_id)
    await throttle.attempt(account.email, "")
    await service.authenticate(account.email, body.password.get_secret_value())
    await service.set_password(account.customer_id, body.new_password.get_secret_value())


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
