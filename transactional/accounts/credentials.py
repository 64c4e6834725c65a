"""The rules of confirming and changing an e-mail, and of a forgotten password."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from transactional.accounts.passwords import Passwords
from transactional.accounts.proofs import Proofs
from transactional.accounts.repository import AccountRepository
from transactional.accounts.service import EmailTakenProblem
from transactional.accounts.sessions import Sessions


@dataclass(frozen=True)
class Credentials:
    """What a code from a mail lets its reader do."""

    accounts: AccountRepository
    proofs: Proofs
    now: Callable[[], dt.datetime]

    async def confirm_email(self, code: str) -> None:
        """Note that the account's address is its customer's, or that the new one is from now on.

        Raises
        ------
        ProofProblem
            If the code is not valid.
        EmailTakenProblem
            If somebody else has the new address by now.
        """
        proven = await self.proofs.use(code, ["confirm_email", "change_email"])
        if proven.purpose == "confirm_email":
            await self.accounts.confirm_email(proven.customer_id, proven.email, self.now())
        elif not await self.accounts.change_email(proven.customer_id, proven.email, self.now()):
            raise EmailTakenProblem("This address has an account by now. Take another one.")


@dataclass(frozen=True)
class PasswordReset:
    """A new password by a code; no connection to the database is held while it is hashed."""

    sessions: async_sessionmaker[AsyncSession]
    passwords: Passwords
    chains: Callable[[AsyncSession], Sessions]
    proofs: Callable[[AsyncSession], Proofs]

    async def reset(self, code: str, password: str) -> None:
        """Store a new password and end all sessions.

        Raises
        ------
        ProofProblem
            If the code is not valid.
        """
        password_hash = await self.passwords.hash(password)
        async with self.sessions.begin() as session:
            proven = await self.proofs(session).use(code, ["reset_password"])
            accounts, sessions = AccountRepository(session), self.chains(session)
            await accounts.set_password(proven.customer_id, password_hash)
            await accounts.confirm_email(proven.customer_id, proven.email, sessions.now())
            await sessions.end_all(proven.customer_id, "password reset")
