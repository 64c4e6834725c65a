"""Wires planning to an operator's request."""

from typing import Annotated

from fastapi import Depends

from transactional.callers import OperatorDep
from transactional.deps import SessionDep, utc_now
from transactional.planning.drafts import Decisions
from transactional.planning.position import Position
from transactional.planning.rates import Rates
from transactional.planning.runs import Runs
from transactional.planning.terms import TermsDesk
from transactional.stock.deps import PurchasingDep, WarehousesDep


async def terms_desk(
    operator: OperatorDep, session: SessionDep, purchasing: PurchasingDep
) -> TermsDesk:
    """Return the supply terms."""
    return TermsDesk(session, purchasing, operator.customer_id, utc_now)


TermsDeskDep = Annotated[TermsDesk, Depends(terms_desk)]


async def runs(operator: OperatorDep, session: SessionDep, purchasing: PurchasingDep) -> Runs:
    """Return the runs of the plan."""
    return Runs(session, purchasing, operator.customer_id, utc_now)


RunsDep = Annotated[Runs, Depends(runs)]


async def decisions(
    operator: OperatorDep, session: SessionDep, purchasing: PurchasingDep, warehouses: WarehousesDep
) -> Decisions:
    """Return what decides drafts."""
    return Decisions(session, purchasing, warehouses, operator.customer_id, utc_now)


DecisionsDep = Annotated[Decisions, Depends(decisions)]


async def position(_: OperatorDep, session: SessionDep) -> Position:
    """Return what a plan starts from."""
    return Position(session)


PositionDep = Annotated[Position, Depends(position)]


async def rates(_: OperatorDep, session: SessionDep) -> Rates:
    """Return the demand rates."""
    return Rates(session, utc_now)


RatesDep = Annotated[Rates, Depends(rates)]
