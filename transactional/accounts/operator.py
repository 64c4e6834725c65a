"""An operator's account for a program, such as the DAG that plans purchases."""

import datetime as dt

from sqlalchemy.ext.asyncio import AsyncSession

from transactional.accounts.passwords import Passwords
from transactional.accounts.repository import AccountRepository
from transactional.database import make_engine


class NotAnOperatorError(Exception):
    """The account is a person's who is no operator, and must not become one by this."""


async def make_operator(database_url: str, email: str, password: str, now: dt.datetime) -> None:
    """Make an operator's account, or give the one that there is this password.

    Nobody shops with it: the log does not hear of it, and no mail asks to confirm its address.

    Raises
    ------
    NotAnOperatorError
        If the address has an account of another role.
    """
    engine = make_engine(database_url, pool_size=1)
    try:
        async with AsyncSession(engine) as session, session.begin():
            await _make(AccountRepository(session), email.lower(), password, now)
    finally:
        await engine.dispose()


async def _make(accounts: AccountRepository, email: str, password: str, now: dt.datetime) -> None:
    passwords = Passwords.recommended()
    known = await accounts.by_email(email)
    if known is None:
        await accounts.add(
            email=email,
            password_hash=await passwords.hash(password),
            role="ops",
            region=None,
            registered_at=now,
        )
    elif known.role != "ops":
        raise NotAnOperatorError(f"the account {email} is a {known.role}'s, no operator's")
    elif not await passwords.verify(password, known.password_hash):
        await accounts.set_password(known.customer_id, await passwords.hash(password))
