"""POST /accounts, POST /tokens, GET /accounts/me."""

from fastapi import APIRouter, Request

from transactional.accounts.deps import AccountServiceDep, LogInDep, ThrottleDep
from transactional.accounts.models import Account
from transactional.accounts.schemas import AccountView, Credentials, Registration, Token
from transactional.callers import CallerDep, TokenSignerDep, UnauthorisedProblem
from transactional.carts.deps import GuestCartDep
from transactional.tokens import LIFETIME, Caller

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
    """Exchange e-mail and password for an access token; at most 10 wrong tries in 15 minutes.

    With a `Cart-Token`, the guest's cart becomes part of the customer's: of a product in both the
    larger number of units, at most 100 products.
    """
    address = request.client.host if request.client else ""
    await throttle.attempt(body.email, address)
    account = await service.authenticate(body.email, body.password.get_secret_value())
    await throttle.succeeded(body.email, address)
    await guest_cart.merge_into(account.customer_id)
    return Token(
        access_token=tokens.issue(Caller(account.customer_id, account.role)),
        expires_in_seconds=int(LIFETIME.total_seconds()),
    )


@router.get("/accounts/me")
async def read_own_account(caller: CallerDep, service: AccountServiceDep) -> AccountView:
    """Return the caller's account."""
    account = await service.accounts.by_id(caller.customer_id)
    if account is None:
        raise UnauthorisedProblem("This account is gone. Register again.")
    return _view(account)


def _view(account: Account) -> AccountView:
    return AccountView.model_validate(account, from_attributes=True)
