"""Wires the sellers' business to a request: for sellers, and for the shop's people."""

import datetime as dt
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy import text

from transactional.callers import CallerDep, ForbiddenProblem, OperatorDep, SellerDep
from transactional.deps import SessionDep, utc_now
from transactional.fulfilment.repository import FulfilmentRepository
from transactional.fulfilment.service import FulfilmentService
from transactional.sellers.commissions import Commissions
from transactional.sellers.ledger import Balance, SellerLedger
from transactional.sellers.own_orders import OwnOrders
from transactional.sellers.payouts import PayoutRuns, PayoutTerms
from transactional.sellers.repository import SellerRepository
from transactional.sellers.service import SellerService

WITH_BOOKS = text("""
select seller_id from sellers
where customer_id = :customer_id and status in ('approved', 'suspended')
""")


async def seller_service(session: SessionDep) -> SellerService:
    """Build the service for one request."""
    return SellerService(SellerRepository(session), utc_now)


SellerServiceDep = Annotated[SellerService, Depends(seller_service)]


async def own_orders(seller: SellerDep, session: SessionDep) -> OwnOrders:
    """Return the caller's part of orders; in their history it is a seller who acts."""
    fulfilment = FulfilmentService(
        FulfilmentRepository(session), seller.customer_id, utc_now, "seller"
    )
    return OwnOrders(session, fulfilment, seller.seller_id)


OwnOrdersDep = Annotated[OwnOrders, Depends(own_orders)]


async def payout_terms(request: Request) -> PayoutTerms:
    """Return when, and from how much on, sellers are paid."""
    terms: PayoutTerms = request.app.state.payout_terms
    return terms


PayoutTermsDep = Annotated[PayoutTerms, Depends(payout_terms)]


@dataclass(frozen=True)
class OwnBooks:
    """The caller's ledger."""

    ledger: SellerLedger
    seller_id: int
    pays_after: dt.timedelta

    async def balance(self) -> Balance:
        """Return what the shop owes the caller."""
        return await self.ledger.balance(self.seller_id, self.pays_after)


async def own_books(caller: CallerDep, session: SessionDep, terms: PayoutTermsDep) -> OwnBooks:
    """Return the caller's books; who is suspended reads them too."""
    seller_id = await session.scalar(WITH_BOOKS, {"customer_id": caller.customer_id})
    if seller_id is None:
        raise ForbiddenProblem(
            "This is for sellers: apply at POST /api/v1/sellers and be approved."
        )
    return OwnBooks(SellerLedger(session, utc_now), seller_id, terms.after)


OwnBooksDep = Annotated[OwnBooks, Depends(own_books)]


async def commissions(operator: OperatorDep, session: SessionDep) -> Commissions:
    """Return the rates for an operator's request."""
    return Commissions(session, operator.customer_id, utc_now)


CommissionsDep = Annotated[Commissions, Depends(commissions)]


async def payout_runs(operator: OperatorDep, session: SessionDep) -> PayoutRuns:
    """Return the payout runs for an operator's request."""
    return PayoutRuns(session, operator.customer_id, utc_now)


PayoutRunsDep = Annotated[PayoutRuns, Depends(payout_runs)]


async def seller_ledger(_: OperatorDep, session: SessionDep) -> SellerLedger:
    """Return any seller's ledger for an operator's request."""
    return SellerLedger(session, utc_now)


SellerLedgerDep = Annotated[SellerLedger, Depends(seller_ledger)]
