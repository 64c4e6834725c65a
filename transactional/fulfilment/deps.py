"""Wires fulfilment to a request: for customers, and for the shop's people."""

from typing import Annotated

from fastapi import Depends

from transactional.callers import CallerDep, OperatorDep
from transactional.deps import SessionDep, utc_now
from transactional.fulfilment.repository import FulfilmentRepository
from transactional.fulfilment.service import FulfilmentService


async def of_customer(caller: CallerDep, session: SessionDep) -> FulfilmentService:
    """Build the service for a customer's request; it is the caller who acts."""
    return FulfilmentService(FulfilmentRepository(session), caller.customer_id, utc_now)


CustomerFulfilmentDep = Annotated[FulfilmentService, Depends(of_customer)]


async def of_operator(operator: OperatorDep, session: SessionDep) -> FulfilmentService:
    """Build the service for an operator's request."""
    return FulfilmentService(FulfilmentRepository(session), operator.customer_id, utc_now)


FulfilmentDep = Annotated[FulfilmentService, Depends(of_operator)]
