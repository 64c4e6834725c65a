"""All SQL of accounts."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from transactional.accounts.models import Account

CHANGE_EMAIL = text("""
with former as (
    select email from accounts where customer_id = :customer_id for update
), changed as (
    update accounts set email = :email, email_confirmed_at = :now where customer_id = :customer_id
)
insert into mails (event_id, kind, customer_id, facts, created_at, next_try_at)
select 'email-changed-' || :customer_id || '-' || extract(epoch from cast(:now as timestamptz)),
       'email_changed', :customer_id, jsonb_build_object('former_email', email), :now, :now
from former
""")


@dataclass(frozen=True)
class AccountRepository:
    """Reads and writes inside the request's transaction; never commits."""

    session: AsyncSession

    async def add(self, **values: Any) -> Account | None:  # noqa: ANN401 - columns
        """Store a new account; None if its e-mail is taken."""
        statement = (
            insert(Account)
            .values(**values)
            .on_conflict_do_nothing(index_elements=["email"])
            .returning(Account)
        )
        return await self.session.scalar(statement)

    async def by_email(self, email: str) -> Account | None:
        """Return the account of an e-mail in lower case."""
        return await self.session.scalar(select(Account).where(Account.email == email))

    async def by_id(self, customer_id: int) -> Account | None:
        """Return a customer's account."""
        return await self.session.get(Account, customer_id)

    async def set_password(self, customer_id: int, password_hash: str) -> None:
        """Store the hash of a new password."""
        statement = update(Account).where(Account.customer_id == customer_id)
        await self.session.execute(statement.values(password_hash=password_hash))

    async def confirm_email(self, customer_id: int, email: str, now: dt.datetime) -> None:
        """Note that an address is its customer's, unless the account has another one by now."""
        statement = update(Account).where(
            Account.customer_id == customer_id,
            Account.email == email,
            Account.email_confirmed_at.is_(None),
        )
        await self.session.execute(statement.values(email_confirmed_at=now))

    async def change_email(self, customer_id: int, email: str, now: dt.datetime) -> bool:
        """Give the account a confirmed address and tell the former one; false if it is taken."""
        values = {"customer_id": customer_id, "email": email, "now": now}
        try:
            async with self.session.begin_nested():
                await self.session.execute(CHANGE_EMAIL, values)
        except IntegrityError:
            return False
        return True

    async def grant(self, email: str, role: str) -> bool:
        """Set an account's role; false if there is none."""
        statement = update(Account).where(Account.email == email).values(role=role)
        done = await self.session.execute(statement.returning(Account.customer_id))
        return done.scalar() is not None
