"""The rules of becoming a seller, and of ceasing to be one."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from transactional.catalogue.models import Seller
from transactional.catalogue.problems import UnknownSellerProblem
from transactional.sellers.names import name_key
from transactional.sellers.problems import (
    AlreadyAppliedProblem,
    NameApprovedProblem,
    NameTakenProblem,
    NoApplicationProblem,
)
from transactional.sellers.repository import SellerRepository
from transactional.sellers.states import Decision, status_after


@dataclass(frozen=True)
class SellerService:
    """What customers and operators do about being a seller."""

    sellers: SellerRepository
    now: Callable[[], dt.datetime]

    async def apply(self, customer_id: int, name: str, about: str) -> Seller:
        """Enter a customer's application; who was refused may apply again.

        Raises
        ------
        AlreadyAppliedProblem
            If the customer waits, or is a seller.
        NameTakenProblem
            If another seller has that name.
        """
        values: dict[str, object] = {"name": name, "name_key": name_key(name), "about": about}
        values |= {"status": "applied", "applied_at": self.now()}
        if await self.sellers.of_customer(customer_id) is None:
            made = await self.sellers.add(customer_id=customer_id, **values)
            if made is not None:
                return made
        earlier = await self.sellers.of_customer(customer_id)
        if earlier is None:
            raise NameTakenProblem(name)
        if earlier.status != "refused":
            raise AlreadyAppliedProblem(earlier.seller_id, earlier.status)
        if not await self.sellers.change(earlier, **values):
            raise NameTakenProblem(name)
        return earlier

    async def own(self, customer_id: int) -> Seller:
        """Return the caller's application or business.

        Raises
        ------
        NoApplicationProblem
            If there is none.
        """
        seller = await self.sellers.of_customer(customer_id)
        if seller is None:
            raise NoApplicationProblem("You never applied: POST /api/v1/sellers.")
        return seller

    async def change(self, customer_id: int, name: str | None, about: str | None) -> Seller:
        """Change what the caller says of themselves; the name only before it is approved.

        Raises
        ------
        NoApplicationProblem, NameApprovedProblem, NameTakenProblem
            If there is nothing to change, or not in this way.
        """
        seller = await self.own(customer_id)
        values: dict[str, object] = {} if about is None else {"about": about}
        if name is not None and name != seller.name:
            if seller.status in ("approved", "suspended"):
                raise NameApprovedProblem("Customers know you by it. Ask the shop's operators.")
            values |= {"name": name, "name_key": name_key(name)}
        if not await self.sellers.change(seller, **values):
            raise NameTakenProblem(str(name))
        return seller

    async def read(self, seller_id: int) -> Seller:
        """Return any seller.

        Raises
        ------
        UnknownSellerProblem
            If there is none.
        """
        seller = await self.sellers.seller(seller_id)
        if seller is None:
            raise UnknownSellerProblem(seller_id)
        return seller

    async def decide(self, seller_id: int, decision: Decision, note: str, actor_id: int) -> Seller:
        """Approve, refuse, suspend or reinstate a seller; they are told of it by mail.

        Raises
        ------
        UnknownSellerProblem, DecisionProblem
            If there is no such seller, or it is in another state.
        """
        seller = await self.sellers.held(seller_id)
        if seller is None:
            raise UnknownSellerProblem(seller_id)
        seller.status = status_after(seller_id, seller.status, decision)
        await self.sellers.decide(seller, decision, note, actor_id, self.now())
        return seller
