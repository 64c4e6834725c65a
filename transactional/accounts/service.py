"""The rules of registering and logging in."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from features.schemas.logs import Customer
from transactional.accounts.models import Account
from transactional.accounts.passwords import Passwords
from transactional.accounts.proofs import Proofs
from transactional.accounts.repository import AccountRepository
from transactional.accounts.sessions import Sessions
from transactional.callers import UnauthorisedProblem
from transactional.outbox.repository import record
from web.problems import Problem


class EmailTakenProblem(Problem):
    """There is an account for that e-mail."""

    type, title, status = "/problems/email-taken", "E-mail taken", 409


@dataclass(frozen=True)
class AccountService:
    """Takes what is nondeterministic - time, ids - from outside."""

    accounts: AccountRepository
    passwords: Passwords
    proofs: Proofs
    now: Callable[[], dt.datetime]
    new_event_id: Callable[[], str]

    async def register(self, email: str, password: str, region: str | None) -> Account:
        """Make an account, log the new customer and send a code that confirms the address.

        Raises
        ------
        EmailTakenProblem
            If the e-mail has an account.
        """
        return await self._open(email, await self.passwords.hash(password), region)

    async def register_guest(self, email: str, region: str | None) -> Account:
        """Make an account that no password opens, until one is set by a code from a mail.

        Raises
        ------
        EmailTakenProblem
            If the e-mail has an account, a guest's too: whose it is, only a mail can tell.
        """
        return await self._open(email, "", region)

    async def _open(self, email: str, password_hash: str, region: str | None) -> Account:
        now = self.now()
        account = await self.accounts.add(
            email=email,
            password_hash=password_hash,
            role="shopper",
            region=region,
            registered_at=now,
        )
        if account is None:
            raise EmailTakenProblem(
                "Log in, set a new password by a code from a mail, or take another e-mail."
            )
        await record(self.accounts.session, [self._customer(account, now)])
        await self.proofs.ask_of(account.customer_id, "confirm_email")
        return account

    def _customer(self, account: Account, now: dt.datetime) -> Customer:
        return Customer(
            event_id=self.new_event_id(),
            occurred_at=now,
            recorded_at=now,
            date=now.date(),
            customer_id=account.customer_id,
            region=account.region,
        )


@dataclass(frozen=True)
class LogIn:
    """Checks credentials; no connection to the database is held while a password is hashed."""

    sessions: async_sessionmaker[AsyncSession]
    passwords: Passwords
    chains: Callable[[AsyncSession], Sessions]

    async def authenticate(self, email: str, password: str) -> Account:
        """Return the account these credentials open.

        Raises
        ------
        UnauthorisedProblem
            If there is no account or the password is wrong: which, is not told, by words or time.
        """
        async with self.sessions() as session:
            account = await AccountRepository(session).by_email(email)
        right = await self.passwords.verify(password, account.password_hash if account else None)
        if account is None or not right:
            raise UnauthorisedProblem("E-mail or password is wrong.")
        return account

    async def of(self, customer_id: int) -> Account:
        """Return a customer's account.

        Raises
        ------
        UnauthorisedProblem
            If it is gone.
        """
        async with self.sessions() as session:
            account = await AccountRepository(session).by_id(customer_id)
        if account is None or account.deleted_at is not None:
            raise UnauthorisedProblem("This account is gone. Register again.")
        return account

    async def begin_session(self, customer_id: int) -> str:
        """Begin a session and return its first refresh token."""
        async with self.sessions.begin() as session:
            return await self.chains(session).begin(customer_id)

    async def set_password(self, customer_id: int, password: str) -> None:
        """Store a new password and end all sessions."""
        password_hash = await self.passwords.hash(password)
        async with self.sessions.begin() as session:
            await AccountRepository(session).set_password(customer_id, password_hash)
            await self.chains(session).end_all(customer_id, "new password")
