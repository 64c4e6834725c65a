"""Reading a seller's ledger, and entering what operators give or take by hand."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from transactional.catalogue.models import Seller
from transactional.catalogue.problems import UnknownSellerProblem
from transactional.sellers.models import LedgerEntry, Payout
from transactional.sellers.problems import AdjustmentProblem

# What was earned a while ago, what was paid of it, and what operators gave or took.
IS_PAYABLE = "(earned_at <= :earned_before or kind in ('payout', 'adjustment'))"
BALANCE = text(f"""
select coalesce(sum(cents), 0)::bigint as balance_cents,
       coalesce(sum(cents) filter (where {IS_PAYABLE}), 0)::bigint as payable_cents
from seller_ledger where seller_id = :seller_id
""")  # noqa: S608 - a constant of ours


@dataclass(frozen=True, slots=True)
class Balance:
    """What the shop owes a seller in all, and what of it may be paid out; negative: the seller owes."""

    balance_cents: int
    payable_cents: int


@dataclass(frozen=True)
class SellerLedger:
    """Reads and appends inside the request's transaction; never commits."""

    session: AsyncSession
    now: Callable[[], dt.datetime]

    async def balance(self, seller_id: int, pays_after: dt.timedelta) -> Balance:
        """Return the sum of a seller's ledger, and of what is older than `pays_after`."""
        values = {"seller_id": seller_id, "earned_before": self.now() - pays_after}
        return Balance(*(await self.session.execute(BALANCE, values)).one())

    async def entries(self, seller_id: int, below: int | None, limit: int) -> Sequence[LedgerEntry]:
        """Return a seller's newest entries, those with ids below `below` if given."""
        query = select(LedgerEntry).where(LedgerEntry.seller_id == seller_id)
        if below is not None:
            query = query.where(LedgerEntry.entry_id < below)
        query = query.order_by(LedgerEntry.entry_id.desc()).limit(limit)
        return (await self.session.scalars(query)).all()

    async def payouts(self, seller_id: int, below: int | None, limit: int) -> Sequence[Payout]:
        """Return a seller's newest payouts, those with ids below `below` if given."""
        query = select(Payout).where(Payout.seller_id == seller_id)
        if below is not None:
            query = query.where(Payout.payout_id < below)
        return (
            await self.session.scalars(query.order_by(Payout.payout_id.desc()).limit(limit))
        ).all()

    async def adjust(
        self, seller_id: int, cents: int, reference: str, note: str, actor_id: int
    ) -> LedgerEntry:
        """Give a seller money, or take some; the same reference again is the same entry.

        Raises
        ------
        UnknownSellerProblem
            If there is no such seller.
        AdjustmentProblem
            If the reference stands for another sum.
        """
        if await self.session.get(Seller, seller_id) is None:
            raise UnknownSellerProblem(seller_id)
        now, key = self.now(), f"adjustment-{seller_id}-{reference}"
        values = {"seller_id": seller_id, "event_key": key, "kind": "adjustment", "cents": cents}
        values |= {"note": note, "actor_id": actor_id, "occurred_at": now, "earned_at": now}
        await self.session.execute(insert(LedgerEntry).values(**values).on_conflict_do_nothing())
        kept = await self.session.scalars(select(LedgerEntry).where(LedgerEntry.event_key == key))
        entry = kept.one()
        if entry.cents != cents:
            raise AdjustmentProblem(
                f"Reference {reference} stands for {entry.cents} cents. Take another reference.",
            )
        return entry
