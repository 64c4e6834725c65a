"""Wires accounts to a request."""

import secrets
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncSession

from transactional.accounts.addresses import Addresses
from transactional.accounts.credentials import Credentials, PasswordReset
from transactional.accounts.models import Account
from transactional.accounts.personal_data import PersonalData
from transactional.accounts.proofs import Proofs
from transactional.accounts.repository import AccountRepository
from transactional.accounts.service import AccountService, LogIn
from transactional.accounts.sessions import Sessions
from transactional.accounts.throttle import LOG_IN, Throttle
from transactional.callers import CallerDep
from transactional.carts.deps import GuestCartDep
from transactional.carts.service import GuestCart
from transactional.deps import RedisDep, SessionDep, SessionMakerDep, new_event_id, utc_now
from transactional.tokens import Caller


async def proofs(session: SessionDep, request: Request) -> Proofs:
    """Return all proofs, in the request's transaction."""
    return Proofs(session, request.app.state.proofs, utc_now)


ProofsDep = Annotated[Proofs, Depends(proofs)]


async def account_service(
    session: SessionDep, proofs: ProofsDep, request: Request
) -> AccountService:
    """Build the service for one request."""
    passwords = request.app.state.passwords
    return AccountService(AccountRepository(session), passwords, proofs, utc_now, new_event_id)


AccountServiceDep = Annotated[AccountService, Depends(account_service)]


def chains(session: AsyncSession) -> Sessions:
    """Return all sessions, in a transaction."""
    return Sessions(session, utc_now, lambda: secrets.token_urlsafe(32))


async def sessions(session: SessionDep) -> Sessions:
    """Return all sessions, in the request's transaction."""
    return chains(session)


SessionsDep = Annotated[Sessions, Depends(sessions)]


async def log_in(opener: SessionMakerDep, request: Request) -> LogIn:
    """Return what checks credentials."""
    return LogIn(opener, request.app.state.passwords, chains)


LogInDep = Annotated[LogIn, Depends(log_in)]


@dataclass(frozen=True)
class GuestEntrance:
    """Lets somebody in who gives but an e-mail."""

    service: AccountService
    sessions: Sessions
    cart: GuestCart

    async def enter(self, email: str, region: str | None) -> tuple[Caller, str]:
        """Make an account without a password, with the guest's cart; return who it is and a refresh token.

        Raises
        ------
        EmailTakenProblem
            If the e-mail has an account.
        """
        account = await self.service.register_guest(email, region)
        refresh_token = await self.sessions.begin(account.customer_id)
        await self.cart.merge_into(account.customer_id)
        return Caller(account.customer_id, account.role), refresh_token


async def guest_entrance(
    service: AccountServiceDep, sessions: SessionsDep, cart: GuestCartDep
) -> GuestEntrance:
    """Return what lets guests in, in the request's transaction."""
    return GuestEntrance(service, sessions, cart)


GuestEntranceDep = Annotated[GuestEntrance, Depends(guest_entrance)]


async def credentials(session: SessionDep, proofs: ProofsDep) -> Credentials:
    """Build the service for one request."""
    return Credentials(AccountRepository(session), proofs, utc_now)


CredentialsDep = Annotated[Credentials, Depends(credentials)]


async def password_reset(opener: SessionMakerDep, request: Request) -> PasswordReset:
    """Return what sets a forgotten password anew."""
    state = request.app.state
    return PasswordReset(
        opener, state.passwords, chains, lambda session: Proofs(session, state.proofs, utc_now)
    )


PasswordResetDep = Annotated[PasswordReset, Depends(password_reset)]


async def addresses(caller: CallerDep, session: SessionDep) -> Addresses:
    """Return the caller's addresses, in the request's transaction."""
    return Addresses(session, caller.customer_id, utc_now)


AddressesDep = Annotated[Addresses, Depends(addresses)]


async def personal_data(caller: CallerDep, session: SessionDep) -> PersonalData:
    """Return what is known of the caller, in the request's transaction."""
    return PersonalData(session, caller.customer_id, utc_now)


PersonalDataDep = Annotated[PersonalData, Depends(personal_data)]


async def throttle(redis: RedisDep) -> Throttle:
    """Return the bound on log-in attempts."""
    return Throttle(redis)


ThrottleDep = Annotated[Throttle, Depends(throttle)]


@dataclass(frozen=True)
class PasswordCheck:
    """Asks the caller for the password once more, before what cannot be undone."""

    caller: Caller
    service: LogIn
    throttle: Throttle

    async def __call__(self, password: SecretStr) -> Account:
        """Return the caller's account.

        Raises
        ------
        UnauthorisedProblem
            If the password is wrong or the account is gone.
        TooManyAttemptsProblem
            After too many wrong ones.
        """
        account = await self.service.of(self.caller.customer_id)
        await self.throttle.count(LOG_IN, account.email, "")
        return await self.service.authenticate(account.email, password.get_secret_value())


async def password_check(
    caller: CallerDep, service: LogInDep, throttle: ThrottleDep
) -> PasswordCheck:
    """Return what asks the caller for the password once more."""
    return PasswordCheck(caller, service, throttle)


PasswordCheckDep = Annotated[PasswordCheck, Depends(password_check)]
