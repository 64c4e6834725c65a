"""Placing an order exactly once, however often it is asked for."""

import hashlib
import json
from dataclasses import dataclass

from redis.exceptions import RedisError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from transactional.accounts.repository import AccountRepository
from transactional.accounts.service import UnauthorisedProblem
from transactional.carts.repository import CartRepository
from transactional.catalogue.repository import CatalogueRepository
from transactional.deps import new_event_id, utc_now
from transactional.errors import ShopProblem
from transactional.orders.answers import Answer, AnswerRepository
from transactional.orders.repository import OrderRepository
from transactional.orders.schemas import OrderView
from transactional.orders.service import OrderService
from transactional.stock.repository import StockRepository
from web.problems import MEDIA_TYPE

PATH = "/api/v1/orders"


class EmptyCartProblem(ShopProblem):
    """There is nothing to order."""

    type, title, status = "/problems/empty-cart", "Empty cart", 409


def order_service(session: AsyncSession) -> OrderService:
    """Build the order service for one transaction."""
    return OrderService(
        OrderRepository(session),
        CatalogueRepository(session),
        StockRepository(session),
        utc_now,
        new_event_id,
    )


@dataclass(frozen=True)
class Checkout:
    """One customer's checkout. It opens its own transaction, to act on the cart after the commit."""

    sessions: async_sessionmaker[AsyncSession]
    carts: CartRepository
    customer_id: int
    currency: str

    async def place(self, key: str, quantities: dict[int, int] | None) -> Answer:
        """Order these units by product id, or the cart for None; the same key gives the same bytes.

        A refusal (out of stock, ...) is an answer too and is kept like any other; a store that
        cannot be reached is not, and the key stays free.
        """
        async with self.sessions.begin() as session:
            answers = AnswerRepository(session, self.customer_id)
            earlier = await answers.claim(key, fingerprint(quantities), utc_now())
            if earlier is not None:
                return earlier
            ordered = quantities or await self.carts.quantities(self.customer_id)
            answer = await self._answer(session, ordered)
            await answers.keep(key, answer)
        if quantities is None and answer.status == 201:
            await self._take_out(ordered)
        return answer

    async def _answer(self, session: AsyncSession, quantities: dict[int, int]) -> Answer:
        account = await AccountRepository(session).by_id(self.customer_id)
        if account is None:
            raise UnauthorisedProblem("This account is gone. Register again.")
        try:
            if not quantities:
                raise EmptyCartProblem("Put something in the cart, or send lines.")
            async with session.begin_nested():
                order = await order_service(session).place(
                    self.customer_id, account.region, quantities, self.currency
                )
        except ShopProblem as refusal:
            body = json.dumps(refusal.document(PATH)).encode()
            return Answer(refusal.status, MEDIA_TYPE, body)
        view = OrderView.model_validate(order, from_attributes=True)
        return Answer(201, "application/json", view.model_dump_json().encode())

    async def _take_out(self, ordered: dict[int, int]) -> None:
        """Empty the cart of what was ordered; if Redis fails now, the order stands all the same."""
        try:
            await self.carts.take_out(self.customer_id, ordered)
        except RedisError:
            return


def fingerprint(quantities: dict[int, int] | None) -> str:
    """Return a digest of what is ordered: the same for the same wish, whatever its spelling."""
    wish = None if quantities is None else sorted(quantities.items())
    return hashlib.sha256(json.dumps(wish).encode()).hexdigest()
