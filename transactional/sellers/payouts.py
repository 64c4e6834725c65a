"""Payout runs: every seller gets what is payable, once, and the books say so to the cent."""

import csv
import datetime as dt
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from transactional.sellers.ledger import IS_PAYABLE
from transactional.sellers.models import Payout, PayoutRun
from transactional.sellers.problems import (
    PayoutPaidProblem,
    UnknownPayoutProblem,
    UnknownRunProblem,
)

# Whoever would enter something waits until the run is over; readers go on.
LOCK = text("lock table seller_ledger in share row exclusive mode")
PAY = text(f"""
with balances as (
    select seller_id, sum(cents)::bigint as balance_cents,
           (sum(cents) filter (where {IS_PAYABLE}))::bigint as payable_cents
    from seller_ledger group by seller_id
), due as (
    select seller_id, balance_cents, payable_cents, coalesce((
        select closing_cents from payouts where payouts.seller_id = balances.seller_id
        order by payout_id desc limit 1), 0) as opening_cents
    from balances join sellers using (seller_id)
    where status = 'approved' and customer_id is not null and payable_cents >= :minimum_cents
), paid as (
    insert into payouts (payout_run_id, seller_id, opening_cents, entries_cents, cents, closing_cents)
    select :payout_run_id, seller_id, opening_cents, balance_cents - opening_cents, payable_cents,
           balance_cents - payable_cents
    from due order by seller_id
    returning payout_id, seller_id, cents
)
insert into seller_ledger (seller_id, event_key, kind, cents, payout_id, actor_id, occurred_at,
                           earned_at)
select seller_id, 'payout-' || payout_id, 'payout', -cents, payout_id, :actor_id, :now, :now
from paid order by payout_id
""")  # noqa: S608 - a constant of ours
TOTALS = text("""
select count(*) as n_payouts, count(paid_at) as n_paid,
       coalesce(sum(opening_cents), 0)::bigint as opening_cents,
       coalesce(sum(entries_cents), 0)::bigint as entries_cents,
       coalesce(sum(cents), 0)::bigint as payouts_cents,
       coalesce(sum(closing_cents), 0)::bigint as closing_cents,
       coalesce((select sum(seller_ledger.cents) from seller_ledger join payouts using (payout_id)
                 where payout_run_id = :payout_run_id), 0)::bigint as ledger_cents
from payouts where payout_run_id = :payout_run_id
""")
LIST = text("""
select payout_id, payout_run_id, payouts.seller_id, name, opening_cents, entries_cents, cents,
       closing_cents, bank_reference, paid_at
from payouts join sellers using (seller_id)
where payout_run_id = :payout_run_id and payout_id > :after order by payout_id limit :limit
""")
COLUMNS = (
    "payout_id", "payout_run_id", "seller_id", "name", "opening_cents", "entries_cents", "cents",
    "closing_cents", "bank_reference", "paid_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class PayoutTerms:
    """What is paid: money earned so long ago that returns are in, and no less than the minimum."""

    after: dt.timedelta
    minimum_cents: int


@dataclass(frozen=True)
class PayoutRuns:
    """The runs, inside an operator's transaction; `actor_id` is the operator."""

    session: AsyncSession
    actor_id: int
    now: Callable[[], dt.datetime]

    async def pay(self, key: str, terms: PayoutTerms) -> PayoutRun:
        """Pay every approved seller with an account; the same key again is the same run.

        Who has less than the minimum, or owes the shop, takes that along to the next run. The transfer
        itself is the bank's: a payout is noted as paid once it was made.
        """
        now = self.now()
        values = {"key": key, "earned_before": now - terms.after, "created_at": now}
        values |= {"minimum_cents": terms.minimum_cents, "created_by": self.actor_id}
        new = insert(PayoutRun).values(**values).on_conflict_do_nothing().returning(PayoutRun)
        run = await self.session.scalar(new)
        if run is None:
            same = await self.session.scalars(select(PayoutRun).where(PayoutRun.key == key))
            return same.one()
        await self.session.execute(LOCK)
        bounds = {"earned_before": run.earned_before, "minimum_cents": run.minimum_cents}
        made = {"payout_run_id": run.payout_run_id, "actor_id": self.actor_id, "now": now}
        await self.session.execute(PAY, {**bounds, **made})
        return run

    async def read(self, payout_run_id: int) -> PayoutRun:
        """Return a run.

        Raises
        ------
        UnknownRunProblem
            If there is none.
        """
        run = await self.session.get(PayoutRun, payout_run_id)
        if run is None:
            raise UnknownRunProblem(payout_run_id)
        return run

    async def totals(self, payout_run_id: int) -> Row[Any]:
        """Return the sums of a run's payouts, and of what the ledger has of them."""
        return (await self.session.execute(TOTALS, {"payout_run_id": payout_run_id})).one()

    async def page(self, below: int | None, limit: int) -> Sequence[PayoutRun]:
        """Return the newest runs, those with ids below `below` if given."""
        query = select(PayoutRun)
        if below is not None:
            query = query.where(PayoutRun.payout_run_id < below)
        query = query.order_by(PayoutRun.payout_run_id.desc()).limit(limit)
        return (await self.session.scalars(query)).all()

    async def payouts(
        self, payout_run_id: int, after: int = 0, limit: int | None = None
    ) -> Sequence[Row[Any]]:
        """Return a run's payouts with the sellers' names, by id, those above `after`."""
        values = {"payout_run_id": payout_run_id, "after": after, "limit": limit}
        return (await self.session.execute(LIST, values)).all()

    async def note_paid(self, payout_id: int, bank_reference: str) -> Payout:
        """Note that the bank has transferred a payout; the same reference again changes nothing.

        Raises
        ------
        UnknownPayoutProblem, PayoutPaidProblem
            If there is no such payout, or it was transferred under another reference.
        """
        payout = await self.session.get(Payout, payout_id, with_for_update=True)
        if payout is None:
            raise UnknownPayoutProblem(f"There is no payout {payout_id}.")
        if payout.bank_reference not in (None, bank_reference):
            raise PayoutPaidProblem(
                f"Payout {payout_id} was transferred as {payout.bank_reference}: do not pay twice."
            )
        if payout.paid_at is None:
            payout.bank_reference, payout.paid_at = bank_reference, self.now()
            payout.paid_by = self.actor_id
        return payout


def as_csv(payouts: Sequence[Row[Any]]) -> str:
    """Return payouts as a CSV file (RFC 4180) with a header, for the bank's software."""
    written = io.StringIO()
    writer = csv.writer(written)
    writer.writerow(COLUMNS)
    writer.writerows(tuple(payout) for payout in payouts)
    return written.getvalue()
