"""Ends what was left half-way: payments without an answer, reservations out of time.

Runs in every process of the service, on a clock; several at once do each thing once, because every
step is conditional on the state it starts from and the provider does a key once.
"""

import datetime as dt
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from transactional.orders.cancelling import Cancellation, cancel
from transactional.orders.checkout import Checkout, PaymentUnknownProblem, payment_key
from transactional.orders.models import Order
from transactional.orders.placing import Pending
from transactional.orders.settling import Ended
from transactional.orders.views import document_of
from transactional.payments.provider import (
    AuthorisationRequest,
    PaymentProvider,
    PaymentRefusedError,
    ProviderUnreachableError,
)

PATIENCE = dt.timedelta(seconds=10)
"""How long a request may be at work before its order counts as left half-way."""
WEBHOOK_PATIENCE = dt.timedelta(minutes=1)
"""How long to wait for word of a customer at the provider's page before asking, and asking again."""
N_AT_ONCE = 100

UNANSWERED = text("""
select order_id, idempotency_key, method, orders.customer_id
from payments join orders using (order_id)
where payments.status = 'authorising' and payments.updated_at <= :since and orders.status = 'pending'
  and provider = :provider
order by payments.updated_at limit :limit
""")
OVERDUE = text("""
select order_id from payments join orders using (order_id)
where payments.status in ('authorising', 'action_required') and orders.status = 'pending'
  and orders.expires_at <= :now
order by orders.expires_at limit :limit
""")
CHALLENGED = text("""
select order_id, attempt, reference from payments join orders using (order_id)
where payments.status = 'action_required' and payments.updated_at <= :since
  and orders.status = 'pending' and provider = :provider
order by payments.updated_at limit :limit
""")
# To the end of the queue: what cannot be ended now must not hold up the others.
POSTPONE = text("""
update payments set updated_at = :now where order_id = :order_id and attempt = :attempt
""")
UNVOIDED = text("""
select order_id, attempt, reference, method, amount_cents, currency from payments
where status = 'voiding' and provider = :provider order by updated_at limit :limit
""")
VOIDED = text("""
update payments set status = 'voided', reference = coalesce(reference, :reference), updated_at = :now
where order_id = :order_id and attempt = :attempt and status = 'voiding'
""")
EXPIRED = Cancellation(("pending",), actor="system", note="the reservation's time ran out")


@dataclass(frozen=True)
class Reconciler:
    """One pass over what is unfinished; each method returns how much it ended."""

    engine: AsyncEngine
    checkout: Checkout
    provider: PaymentProvider
    now: Callable[[], dt.datetime]

    def duties(self) -> Sequence[Callable[[], Awaitable[int]]]:
        """Return what is to be done every few seconds."""
        return (
            self.finish_unanswered,
            self.ask_of_challenged,
            self.release_overdue,
            self.void_cancelled,
        )

    async def release_overdue(self) -> int:
        """Cancel pending orders whose reservation is over; their units are available again."""
        async with self.engine.begin() as connection:
            values = {"now": self.now(), "limit": N_AT_ONCE}
            overdue = (await connection.scalars(OVERDUE, values)).all()
            return len(await cancel(connection, overdue, EXPIRED, self.now()))

    async def finish_unanswered(self) -> int:
        """Ask the provider again for orders whose request died, and settle them."""
        values = {"since": self.now() - PATIENCE, **self._ours()}
        async with self.engine.connect() as connection:
            left = (await connection.execute(UNANSWERED, values)).all()
        n_ended = 0
        for row in left:
            try:
                key = (row.customer_id, row.idempotency_key)
                pending = await self.checkout.pending(row.order_id, key, row.method)
                await self.checkout.finish(pending)
            except PaymentUnknownProblem:
                break
            n_ended += 1
        return n_ended

    async def ask_of_challenged(self) -> int:
        """Ask what became of customers at the provider's page: a webhook may be lost."""
        values = {"since": self.now() - WEBHOOK_PATIENCE, **self._ours()}
        async with self.engine.connect() as connection:
            waiting = (await connection.execute(CHALLENGED, values)).all()
        for n_asked, row in enumerate(waiting):
            await self._postpone(row)
            try:
                await self.settle_challenge(row.order_id, row.reference)
            except ProviderUnreachableError:
                return n_asked
        return len(waiting)

    async def void_cancelled(self) -> int:
        """Let the money of cancelled orders go.

        Raises
        ------
        PaymentRefusedError
            Once all others are done, if some cannot be let go: a matter for people.
        """
        async with self.engine.connect() as connection:
            left = (await connection.execute(UNVOIDED, self._ours())).all()
        refused: list[str] = []
        for n_ended, row in enumerate(left):
            try:
                reference = row.reference or await self._reference(row)
                if reference is not None:
                    await self.provider.void(reference, f"{payment_key(row.order_id)}-void")
            except ProviderUnreachableError:
                await self._postpone(row)
                return n_ended
            except PaymentRefusedError as error:
                await self._postpone(row)
                refused.append(f"order {row.order_id}: {error}")
                continue
            async with self.engine.begin() as connection:
                values = {"order_id": row.order_id, "attempt": row.attempt, "reference": reference}
                await connection.execute(VOIDED, {**values, "now": self.now()})
        if refused:
            raise PaymentRefusedError("; ".join(refused))
        return len(left)

    async def settle_challenge(self, order_id: int, reference: str) -> None:
        """End an order whose customer decided on the provider's page, by the provider's word.

        What a webhook says is not taken for it: the provider is asked.
        """
        async with AsyncSession(self.engine) as session:
            order = await session.scalar(select(Order).where(Order.order_id == order_id))
        if order is None or not order.payments or order.payments[-1].reference != reference:
            return
        if order.payments[-1].provider != self.provider.name:
            return
        authorisation = await self.provider.status(reference)
        if order.status != "pending" or authorisation.status not in ("authorised", "declined"):
            return
        payment = order.payments[-1]
        key = (order.customer_id, payment.idempotency_key or "")
        pending = Pending(key, payment.method, document_of(order))
        await self.checkout.settling.submit(Ended(pending, authorisation))

    async def _postpone(self, row: Any) -> None:  # noqa: ANN401 - a row
        async with self.engine.begin() as connection:
            values = {"order_id": row.order_id, "attempt": row.attempt, "now": self.now()}
            await connection.execute(POSTPONE, values)

    def _ours(self) -> dict[str, object]:
        """Select a bounded number of payments of this provider: another one's it knows nothing of."""
        return {"provider": self.provider.name, "limit": N_AT_ONCE}

    async def _reference(self, row: Any) -> str | None:  # noqa: ANN401 - a row
        """Ask under the order's key what the provider calls its payment: the answer had been lost."""
        request = AuthorisationRequest(
            payment_key(row.order_id), row.amount_cents, row.currency, row.method
        )
        found: Sequence[Any] = await self.provider.authorise([request])
        if isinstance(found[0], ProviderUnreachableError):
            raise found[0]
        return None if found[0].status == "declined" else str(found[0].reference)
