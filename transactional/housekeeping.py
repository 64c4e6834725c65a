"""What nobody needs any more is deleted, and what will be needed is made, a little at a time.

Each duty does a page of work and is called again soon; several processes at once do no harm.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncEngine

from transactional.background import Duty

N_AT_ONCE = 5000
N_QUARTERS = 8

# A key is good for 24 hours; a day more, so that no request that is at work loses its own.
KEYS = text("""
delete from idempotency_keys where ctid = any(array(
    select ctid from idempotency_keys where created_at < cast(:now as timestamptz) - interval '2 days' limit :limit))
""")
SESSIONS = text("""
delete from sessions where session_id in (
    select session_id from sessions
    where least(expires_at, coalesce(ended_at, expires_at)) < cast(:now as timestamptz) - interval '30 days' limit :limit)
""")
PROOFS = text("""
delete from proofs where proof_id in (
    select proof_id from proofs where expires_at < cast(:now as timestamptz) - interval '30 days' limit :limit)
""")
# Kept for a year: who asks whether they were told, is told.
MAILS = text("""
delete from mails where event_id in (
    select event_id from mails
    where next_try_at is null and created_at < cast(:now as timestamptz) - interval '1 year' limit :limit)
""")
PARTITIONS = text("select add_order_partitions(cast(:today as date), :n_quarters)")


@dataclass(frozen=True)
class Housekeeping:
    """The shop's database, kept in order."""

    engine: AsyncEngine
    now: Callable[[], dt.datetime]

    def duties(self) -> Sequence[Duty]:
        """Return what is to be done every now and then."""
        return (self.forget_old, self.make_partitions)

    async def forget_old(self) -> int:
        """Delete keys, sessions, codes and mails that count no more; return how many."""
        return sum([await self._forget(each) for each in (KEYS, SESSIONS, PROOFS, MAILS)])

    async def make_partitions(self) -> int:
        """See to it that orders of the next two years have their partitions."""
        async with self.engine.begin() as connection:
            values = {"today": self.now().date(), "n_quarters": N_QUARTERS}
            await connection.execute(PARTITIONS, values)
        return 0

    async def _forget(self, statement: TextClause) -> int:
        n_forgotten, n_new = 0, N_AT_ONCE
        while n_new == N_AT_ONCE:
            async with self.engine.begin() as connection:
                done = await connection.execute(statement, {"now": self.now(), "limit": N_AT_ONCE})
                n_new = done.rowcount
            n_forgotten += n_new
        return n_forgotten
