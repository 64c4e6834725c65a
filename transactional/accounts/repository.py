"""All SQL of accounts."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from transactional.accounts.models import Account


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

    async def grant(self, email: str, role: str) -> bool:
        """Set an account's role; false if there is none."""
        statement = update(Account).where(Account.email == email).values(role=role)
        done = await self.session.execute(statement.returning(Account.customer_id))
        return done.scalar() is not None
