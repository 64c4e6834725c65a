"""/accounts: confirming an e-mail, changing it, a forgotten password."""

from fastapi import APIRouter, Request

from transactional.accounts.deps import (
    CredentialsDep,
    LogInDep,
    PasswordCheckDep,
    PasswordResetDep,
    ProofsDep,
    ThrottleDep,
)
from transactional.accounts.schemas import (
    Code,
    EmailChange,
    NewPassword,
    PasswordChange,
    PasswordResetRequest,
)
from transactional.accounts.throttle import CODES, RESETS, address_of
from transactional.callers import CallerDep

router = APIRouter(prefix="/accounts", tags=["accounts"])


@router.post("/email-confirmations", status_code=204)
async def confirm_email(
    body: Code, credentials: CredentialsDep, throttle: ThrottleDep, request: Request
) -> None:
    """Confirm an address, or a new one, by the code that was sent to it."""
    await throttle.count(CODES, address_of(request))
    await credentials.confirm_email(body.code)


@router.post("/me/email-confirmations", status_code=202)
async def send_confirmation(caller: CallerDep, proofs: ProofsDep) -> None:
    """Send the code that confirms the caller's address once more; at most 5 in an hour."""
    await proofs.ask_of(caller.customer_id, "confirm_email")


@router.post("/password-resets", status_code=202)
async def forgot_password(
    body: PasswordResetRequest, proofs: ProofsDep, throttle: ThrottleDep, request: Request
) -> None:
    """Send a code for a new password, if the address has an account: the answer is the same."""
    await throttle.count(RESETS, address_of(request))
    await proofs.ask_at(body.email, "reset_password")


@router.put("/password-resets", status_code=204)
async def reset_password(
    body: NewPassword, reset: PasswordResetDep, throttle: ThrottleDep, request: Request
) -> None:
    """Set a new password by the code that was sent, and end all sessions."""
    await throttle.count(CODES, address_of(request))
    await reset.reset(body.code, body.new_password.get_secret_value())


@router.put("/me/password", status_code=204)
async def change_password(body: PasswordChange, check: PasswordCheckDep, service: LogInDep) -> None:
    """Set a new password and end all sessions: log in again everywhere."""
    account = await check(body.password)
    await service.set_password(account.customer_id, body.new_password.get_secret_value())


@router.post("/me/email-changes", status_code=202)
async def change_email(body: EmailChange, check: PasswordCheckDep, proofs: ProofsDep) -> None:
    """Send a code to a new address; once it is confirmed it takes the place of the old one."""
    account = await check(body.password)
    await proofs.ask_of(account.customer_id, "change_email", body.new_email)
