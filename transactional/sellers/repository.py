"""All SQL of sellers as such: applying, and what operators decide."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from transactional.catalogue.models import Seller
from transactional.sellers.models import SellerDecision
from transactional.sellers.states import Decision, Status

# The role follows the state; an operator who sells stays an operator.
DECIDE = text("""
with decided as (
    insert into seller_decisions (seller_id, decision, note, actor_id, decided_at)
    values (:seller_id, :decision, :note, :actor_id, :now)
    returning decision_id, seller_id
), given as (
    update accounts set role = case sellers.status when 'approved' then 'seller' else 'shopper' end
    from sellers
    where sellers.seller_id = :seller_id and accounts.customer_id = sellers.customer_id
      and role <> 'ops'
)
insert into mails (event_id, kind, customer_id, facts, created_at, next_try_at)
select 'seller-decision-' || decision_id, :mail, customer_id,
       jsonb_build_object('name', name, 'note', cast(:note as text)), :now, :now
from decided join sellers using (seller_id) where customer_id is not null
""")
MAILS: dict[Decision, str] = {
    "approve": "seller_approved",
    "refuse": "seller_refused",
    "suspend": "seller_suspended",
    "reinstate": "seller_reinstated",
}


@dataclass(frozen=True)
class SellerRepository:
    """Reads and writes inside the request's transaction; never commits."""

    session: AsyncSession

    async def of_customer(self, customer_id: int) -> Seller | None:
        """Return the business or application of an account, held until the transaction ends."""
        query = select(Seller).where(Seller.customer_id == customer_id)
        return await self.session.scalar(query.with_for_update(key_share=True))

    async def seller(self, seller_id: int) -> Seller | None:
        """Return a seller."""
        return await self.session.get(Seller, seller_id)

    async def held(self, seller_id: int) -> Seller | None:
        """Return a seller, held until the transaction ends."""
        return await self.session.get(
            Seller, seller_id, with_for_update={"key_share": True}, populate_existing=True
        )

    async def page(self, status: Status | None, after: int, limit: int) -> Sequence[Seller]:
        """Return sellers by id, those above `after`."""
        query = select(Seller).where(Seller.seller_id > after)
        if status is not None:
            query = query.where(Seller.status == status)
        return (await self.session.scalars(query.order_by(Seller.seller_id).limit(limit))).all()

    async def add(self, **values: object) -> Seller | None:
        """Store a new application; None if its name is taken, or the account has one."""
        new = insert(Seller).values(**values).on_conflict_do_nothing().returning(Seller)
        return await self.session.scalar(new)

    async def change(self, seller: Seller, **values: object) -> bool:
        """Change a held seller; false if another one has that name."""
        try:
            async with self.session.begin_nested():
                for name, value in values.items():
                    setattr(seller, name, value)
                await self.session.flush()
        except IntegrityError:
            return False
        return True

    async def decide(
        self, seller: Seller, decision: Decision, note: str, actor_id: int, now: dt.datetime
    ) -> None:
        """Enter what made a held seller's state what it is now; they are told of it by mail."""
        values = {"seller_id": seller.seller_id, "decision": decision, "note": note, "now": now}
        values |= {"actor_id": actor_id, "mail": MAILS[decision]}
        await self.session.flush()
        await self.session.execute(DECIDE, values)

    async def decisions(self, seller_id: int) -> Sequence[SellerDecision]:
        """Return what was decided about a seller, oldest first."""
        query = select(SellerDecision).where(SellerDecision.seller_id == seller_id)
        return (await self.session.scalars(query.order_by(SellerDecision.decision_id))).all()
