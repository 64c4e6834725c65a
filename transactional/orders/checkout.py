"""Placing an order exactly once, however often it is asked for, and whatever is killed on the way.

Between two commits lies the provider's answer:

1. reserve: the key is taken, units and promotion uses are held, the order is pending (`placing`).
2. The provider holds the money, by a key made of the order's id.
3. settle: the order is confirmed or cancelled, and the answer is kept for the key (`settling`).

Killed after 1 or 2, the order is pending: who asks again with the same key goes on from there, or
the reconciler, and the provider's key makes sure that the money is held once.
"""

import asyncio
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from transactional.batches import Batcher
from transactional.orders.keys import Key, read_earlier
from transactional.orders.models import Order
from transactional.orders.placing import Pending, Request, Reserved
from transactional.orders.settling import Ended
from transactional.orders.views import document_of
from transactional.payments.provider import (
    Authorisation,
    AuthorisationRequest,
    ProviderUnreachableError,
)
from web.problems import UnavailableProblem
from web.shortcuts import Answer

FREE = Authorisation("authorised", reference="")
JOIN_SECONDS = 2.0
JOIN_PAUSE_SECONDS = 0.05


class PaymentUnknownProblem(UnavailableProblem):
    """The provider did not answer; the order is pending and its units are held."""

    type, title = "/problems/payment-unknown", "Payment not known yet"

    def __init__(self) -> None:
        super().__init__(
            "The payment provider does not answer. Ask again with the same Idempotency-Key; the"
            " order is not placed twice."
        )


class StillInProgressProblem(UnavailableProblem):
    """Another request with the key is still at work."""

    type, title = "/problems/order-in-progress", "Order in progress"

    def __init__(self) -> None:
        super().__init__("This order is being placed. Ask again with the same Idempotency-Key.")


@dataclass(frozen=True)
class Checkout:
    """The three steps, each shared by the orders that wait for it at the same moment."""

    engine: AsyncEngine
    reserving: Batcher[Request, Reserved]
    authorising: Batcher[AuthorisationRequest, Authorisation]
    settling: Batcher[Ended, Answer]

    async def place(self, request: Request) -> Answer:
        """Return the order's answer; the same key gives the same bytes.

        A refusal (out of stock, declined, ...) is an answer too and is kept like any other; that a
        store or the provider cannot be reached is not.
        """
        reserved = await self.reserving.submit(request)
        if isinstance(reserved, Answer):
            return reserved
        if isinstance(reserved, Pending):
            return await self.finish(reserved)
        return await self._join(request.owned_key, request.method)

    async def finish(self, pending: Pending) -> Answer:
        """Authorise and settle a pending order; asked again, it does nothing twice."""
        order = pending.order
        if order["total_cents"] == 0:
            return await self.settling.submit(Ended(pending, FREE))
        request = AuthorisationRequest(
            payment_key(order["order_id"]), order["total_cents"], order["currency"], pending.method
        )
        try:
            authorisation = await self.authorising.submit(request)
        except ProviderUnreachableError as error:
            raise PaymentUnknownProblem from error
        return await self.settling.submit(Ended(pending, authorisation))

    async def pending(self, order_id: int, key: Key, method: str) -> Pending:
        """Return a pending order as the database has it, to be finished."""
        async with AsyncSession(self.engine) as session:
            query = select(Order).where(Order.order_id == order_id)
            return Pending(key, method, document_of((await session.scalars(query)).one()))

    async def _join(self, key: Key, method: str) -> Answer:
        """Wait for the answer that another request is making; if none comes, make it from there.

        Both may then be at work: the provider holds the money once, the first to settle is right.
        """
        found = None
        for _ in range(int(JOIN_SECONDS / JOIN_PAUSE_SECONDS)):
            async with self.engine.connect() as connection:
                found = (await read_earlier(connection, [key])).get(key)
            if found is not None and found.answer is not None:
                return found.answer
            await asyncio.sleep(JOIN_PAUSE_SECONDS)
        if found is None or found.order_id is None:
            raise StillInProgressProblem
        return await self.finish(await self.pending(found.order_id, key, method))


def payment_key(order_id: int) -> str:
    """Return the key under which the provider knows an order's payment."""
    return f"order-{order_id}"


def fingerprint(
    quantities: Mapping[int, int] | None,
    codes: Sequence[str],
    payment_method: str,
    address_id: int | None = None,
) -> str:
    """Return a digest of what is ordered: the same for the same wish, whatever its spelling."""
    lines = None if quantities is None else sorted(quantities.items())
    wish = [lines, sorted(codes), payment_method, address_id]
    return hashlib.sha256(json.dumps(wish).encode()).hexdigest()
