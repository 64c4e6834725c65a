"""Reserving: a batch of orders becomes pending, its units and promotion uses held, in one commit."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncEngine

from transactional.database import Connection, direct_transaction
from transactional.errors import ShopProblem
from transactional.orders.decisions import Wish, decide
from transactional.orders.keys import Earlier, Kept, Key, KeyReusedProblem, claim, keep
from transactional.orders.shelf import read_shelf
from transactional.orders.tariffs import Tariffs, read_tariffs
from transactional.orders.views import OrderDocument, document_of_accepted, refusal_answer
from transactional.orders.writing import NewOrder, write_orders
from web.shortcuts import Answer

TARIFFS_SECONDS = 1.0
"""How old the tables of regions, shipping and warehouses may be that an order is priced by."""


@dataclass(frozen=True, slots=True)
class Request:
    """An order as it was asked for; the fingerprint is the same when the same is asked again."""

    wish: Wish
    key: str
    fingerprint: str
    method: str

    @property
    def owned_key(self) -> Key:
        """The key, with whose it is."""
        return self.wish.customer_id, self.key


@dataclass(frozen=True, slots=True)
class Pending:
    """An order whose units are reserved and whose payment is to be authorised."""

    owned_key: Key
    method: str
    order: OrderDocument


@dataclass(frozen=True, slots=True)
class InProgress:
    """The key's order is being made by another request, or was left half-way by a crash."""


Reserved = Answer | Pending | InProgress


@dataclass
class Reserving:
    """Handles batches; each is one transaction of the shop's database."""

    engine: AsyncEngine
    provider: str
    currency: str
    now: Callable[[], dt.datetime]
    new_event_id: Callable[[], str]
    _tariffs: tuple[dt.datetime, Tariffs] | None = field(default=None)

    async def __call__(self, requests: Sequence[Request]) -> list[Reserved | Exception]:
        """Return for each request its kept answer, its pending order, or that it is under way."""
        now = self.now()
        first: dict[Key, Request] = {}
        for request in requests:
            first.setdefault(request.owned_key, request)
        async with direct_transaction(self.engine) as connection:
            prints = {key: request.fingerprint for key, request in first.items()}
            order_ids, earlier = await claim(connection, prints, now)
            new = [(order_ids[key], first[key]) for key in first if key not in earlier]
            made = await self._make(connection, new, now) if new else {}
        return [_result(request, first, earlier, made) for request in requests]

    async def _make(
        self,
        connection: Connection,
        requests: Sequence[tuple[int, Request]],
        now: dt.datetime,
    ) -> dict[Key, Answer | Pending]:
        """Decide and store orders, by id, whose keys are claimed."""
        wishes = [request.wish for _, request in requests]
        shelf = await read_shelf(connection, wishes, await self._read_tariffs(connection, now), now)
        refused: dict[Key, Kept] = {}
        made: dict[Key, Answer | Pending] = {}
        new: list[NewOrder] = []
        for order_id, request in requests:
            try:
                accepted = decide(request.wish, shelf, now)
            except ShopProblem as refusal:
                answer = refusal_answer(refusal)
                made[request.owned_key], refused[request.owned_key] = answer, Kept(answer)
                continue
            order = document_of_accepted(order_id, accepted, self.currency, now)
            made[request.owned_key] = Pending(request.owned_key, request.method, order)
            new.append(NewOrder(order_id, accepted, request.method, request.key))
        if new:
            event_ids = [self.new_event_id() for there in shelf.available.values() for _ in there]
            shop = {"currency": self.currency, "provider": self.provider}
            await write_orders(connection, new, shelf.available, event_ids, shop, now)
        await keep(connection, refused)
        return made

    async def _read_tariffs(self, connection: Connection, now: dt.datetime) -> Tariffs:
        if self._tariffs is None or abs((now - self._tariffs[0]).total_seconds()) > TARIFFS_SECONDS:
            self._tariffs = (now, await read_tariffs(connection))
        return self._tariffs[1]


def _result(
    request: Request,
    first: Mapping[Key, Request],
    earlier: Mapping[Key, Earlier],
    made: Mapping[Key, Answer | Pending],
) -> Reserved | Exception:
    """Tell a request what became of its key; of several with one key the first made the order."""
    key = request.owned_key
    known = earlier[key].fingerprint if key in earlier else first[key].fingerprint
    if request.fingerprint != known:
        return KeyReusedProblem(
            "This Idempotency-Key came with another body before. Use a new key."
        )
    if key in earlier:
        return earlier[key].answer or InProgress()
    return made[key] if request is first[key] else InProgress()
