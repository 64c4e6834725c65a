"""Proofs: codes sent by mail, each good once and for a while, that show that its reader asked."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from transactional.proofs import ProofSigner
from web.problems import Problem

Purpose = Literal["confirm_email", "reset_password", "change_email"]
GOOD_FOR: dict[Purpose, dt.timedelta] = {
    "confirm_email": dt.timedelta(days=7),
    "reset_password": dt.timedelta(hours=1),
    "change_email": dt.timedelta(hours=24),
}
MAX_AN_HOUR = 5
"""Mails of one purpose to one account: nobody's mailbox is filled by asking."""

# One statement, whether there is such an account or not: asking tells nothing, by words or by time.
ASK = text("""
with asked as (
    insert into proofs (customer_id, purpose, email, created_at, expires_at)
    select customer_id, :purpose, coalesce(:new_email, email), :now, :expires_at from accounts
    where deleted_at is null
      and (customer_id = cast(:customer_id as bigint) or email = cast(:email as text))
      and :max_an_hour > (
          select count(*) from proofs
          where proofs.customer_id = accounts.customer_id and purpose = :purpose
            and created_at > :an_hour_ago)
    returning proof_id, customer_id
)
insert into mails (event_id, kind, customer_id, facts, created_at, next_try_at)
select 'proof-' || proof_id, :purpose, customer_id, jsonb_build_object('proof_id', proof_id), :now, :now
from asked
""")
USE = text("""
update proofs set used_at = :now
where proof_id = :proof_id and used_at is null and expires_at > :now
  and purpose = any(cast(:purposes as text[]))
returning customer_id, purpose, email
""")
# Of several mails asked for, the first that is used ends the others.
END_OTHERS = text("""
update proofs set used_at = :now
where customer_id = :customer_id and purpose = :purpose and used_at is null
""")


class ProofProblem(Problem):
    """The code was not made by us, was used, or its time is over: which, is not told."""

    type, title, status = "/problems/code-not-valid", "Code not valid", 422

    def __init__(self) -> None:
        super().__init__("This code is wrong, was used, or is too old. Ask for a new one.")


@dataclass(frozen=True, slots=True)
class Proven:
    """What a code proves: who reads the mails of `email`."""

    customer_id: int
    purpose: Purpose
    email: str


@dataclass(frozen=True)
class Proofs:
    """All SQL of proofs, inside the request's transaction."""

    session: AsyncSession
    signer: ProofSigner
    now: Callable[[], dt.datetime]

    async def ask_of(
        self, customer_id: int, purpose: Purpose, new_email: str | None = None
    ) -> None:
        """Send a code to a customer's address, or to the one they want to have."""
        await self._ask(purpose, customer_id=customer_id, email=None, new_email=new_email)

    async def ask_at(self, email: str, purpose: Purpose) -> None:
        """Send a code to an address if it has an account; if not, nothing happens."""
        await self._ask(purpose, customer_id=None, email=email, new_email=None)

    async def use(self, code: str, purposes: Sequence[Purpose]) -> Proven:
        """Take a code, once, and return what it proves.

        Raises
        ------
        ProofProblem
            If it is not a valid code for one of these purposes.
        """
        proof_id = self.signer.proof_id(code)
        values = {"proof_id": proof_id, "purposes": list(purposes), "now": self.now()}
        found = (await self.session.execute(USE, values)).first() if proof_id else None
        if found is None:
            raise ProofProblem
        proven = Proven(*found)
        others = {"customer_id": proven.customer_id, "purpose": proven.purpose}
        await self.session.execute(END_OTHERS, {**others, "now": self.now()})
        return proven

    async def _ask(self, purpose: Purpose, **whose: int | str | None) -> None:
        now = self.now()
        values = {
            **whose,
            "purpose": purpose,
            "now": now,
            "expires_at": now + GOOD_FOR[purpose],
            "an_hour_ago": now - dt.timedelta(hours=1),
            "max_an_hour": MAX_AN_HOUR,
        }
        await self.session.execute(ASK, values)
