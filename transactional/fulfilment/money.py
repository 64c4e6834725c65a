"""Takes the money of what was shipped and gives back what is owed, after the commits that say so.

Each payment or refund is asked for under a key of its own, which the provider does once: a process
that dies between asking and noting it asks again and changes nothing.
"""

import datetime as dt
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncEngine

from transactional.orders.checkout import payment_key
from transactional.payments.provider import (
    PaymentProvider,
    PaymentRefusedError,
    ProviderUnreachableError,
)

N_AT_ONCE = 100

TO_CAPTURE = text("""
select order_id, attempt, reference, amount_cents from payments
where status = 'capturing' and provider = :provider order by updated_at limit :limit
""")
CAPTURED = text("""
update payments set status = 'captured', captured_cents = amount_cents, updated_at = :now
where order_id = :order_id and attempt = :attempt and status = 'capturing'
""")
DUE = text("""
select refunds.order_id, number, cents, attempt, reference
from refunds join payments using (order_id)
where refunds.status = 'due' and payments.status = 'captured' and provider = :provider
order by refunds.updated_at limit :limit
""")
POSTPONE_CAPTURE = text("""
update payments set updated_at = :now where order_id = :order_id and attempt = :attempt
""")
POSTPONE_REFUND = text("""
update refunds set updated_at = :now where order_id = :order_id and number = :number
""")
GIVEN = text("""
with given as (
    update refunds set status = 'given', updated_at = :now
    where order_id = :order_id and number = :number and status = 'due'
    returning order_id, cents
)
update payments set refunded_cents = refunded_cents + cents, updated_at = :now
from given where payments.order_id = given.order_id and attempt = :attempt
""")
# A returned order is refunded once nothing of it is due any more.
REFUNDED = text("""
with refunded as (
    update orders set status = 'refunded'
    where order_id = any(cast(:order_ids as bigint[])) and status = 'returned'
      and not exists (
          select from refunds where refunds.order_id = orders.order_id and status = 'due')
    returning order_id
)
insert into order_history (order_id, from_status, to_status, actor, occurred_at)
select order_id, 'returned', 'refunded', 'payment', :now from refunded
""")
FREE = text("""
select order_id from orders
where status = 'returned' and total_cents = 0 limit :limit
""")


@dataclass(frozen=True)
class MoneyDuties:
    """One pass over what is to be taken and given back; each returns how much it did."""

    engine: AsyncEngine
    provider: PaymentProvider
    now: Callable[[], dt.datetime]

    def duties(self) -> Sequence[Callable[[], Awaitable[int]]]:
        """Return what is to be done every few seconds."""
        return (self.capture_shipped, self.give_refunds)

    async def capture_shipped(self) -> int:
        """Take the money of orders of which something was shipped.

        Raises
        ------
        PaymentRefusedError
            Once all others are done, if some cannot be taken (any more): a matter for people.
        """
        async with self.engine.connect() as connection:
            shipped = (await connection.execute(TO_CAPTURE, self._ours())).all()
        refused: list[str] = []
        for n_done, row in enumerate(shipped):
            key = f"{payment_key(row.order_id)}-capture"
            try:
                await self.provider.capture(row.reference, row.amount_cents, key)
            except ProviderUnreachableError:
                await self._postpone(POSTPONE_CAPTURE, order_id=row.order_id, attempt=row.attempt)
                return n_done
            except PaymentRefusedError as error:
                await self._postpone(POSTPONE_CAPTURE, order_id=row.order_id, attempt=row.attempt)
                refused.append(f"order {row.order_id}: {error}")
                continue
            async with self.engine.begin() as connection:
                values = {"order_id": row.order_id, "attempt": row.attempt, "now": self.now()}
                await connection.execute(CAPTURED, values)
        if refused:
            raise PaymentRefusedError("; ".join(refused))
        return len(shipped)

    async def give_refunds(self) -> int:
        """Give back what is owed of captured payments; end orders that came back whole.

        Raises
        ------
        PaymentRefusedError
            Once all others are done, if some cannot be given: a matter for people.
        """
        async with self.engine.connect() as connection:
            due = (await connection.execute(DUE, self._ours())).all()
            free = (await connection.scalars(FREE, {"limit": N_AT_ONCE})).all()
        refused: list[str] = []
        for n_done, row in enumerate(due):
            key = f"{payment_key(row.order_id)}-refund-{row.number}"
            try:
                await self.provider.refund(row.reference, row.cents, key)
            except (ProviderUnreachableError, PaymentRefusedError) as error:
                await self._postpone(POSTPONE_REFUND, order_id=row.order_id, number=row.number)
                if isinstance(error, ProviderUnreachableError):
                    return n_done
                refused.append(f"order {row.order_id}, refund {row.number}: {error}")
                continue
            async with self.engine.begin() as connection:
                values = {"order_id": row.order_id, "number": row.number, "attempt": row.attempt}
                await connection.execute(GIVEN, {**values, "now": self.now()})
                await connection.execute(REFUNDED, {"order_ids": [row.order_id], "now": self.now()})
        if free:
            async with self.engine.begin() as connection:
                await connection.execute(REFUNDED, {"order_ids": list(free), "now": self.now()})
        if refused:
            raise PaymentRefusedError("; ".join(refused))
        return len(due) + len(free)

    async def _postpone(self, statement: TextClause, **what: int) -> None:
        """Put what cannot be done now at the end of its queue: it must not hold up the others."""
        async with self.engine.begin() as connection:
            await connection.execute(statement, {**what, "now": self.now()})

    def _ours(self) -> dict[str, object]:
        """Select a bounded number of payments of this provider: another one's it knows nothing of."""
        return {"provider": self.provider.name, "limit": N_AT_ONCE}
