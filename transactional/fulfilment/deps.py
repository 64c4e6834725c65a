"""Wires fulfilment to a request: for customers, and for the shop's people."""

from typing import Annotated

from fastapi import Depends, Path, Request

from features.schemas.row import Id
from transactional.callers import CallerDep, OperatorDep
from transactional.deps import SessionDep, SessionMakerDep, utc_now
from transactional.fulfilment.progress import progress_of
from transactional.fulfilment.repository import FulfilmentRepository
from transactional.fulfilment.schemas import Progress
from transactional.fulfilment.service import FulfilmentService
from transactional.fulfilment.tracking import Tracking
from transactional.orders.repository import OrderRepository
from transactional.orders.service import OrderService


async def of_customer(caller: CallerDep, session: SessionDep) -> FulfilmentService:
    """Build the service for a customer's request; it is the caller who acts."""
    return FulfilmentService(FulfilmentRepository(session), caller.customer_id, utc_now, "customer")


CustomerFulfilmentDep = Annotated[FulfilmentService, Depends(of_customer)]


async def of_operator(operator: OperatorDep, session: SessionDep) -> FulfilmentService:
    """Build the service for an operator's request."""
    return FulfilmentService(FulfilmentRepository(session), operator.customer_id, utc_now)


FulfilmentDep = Annotated[FulfilmentService, Depends(of_operator)]


async def tracking(
    order_id: Annotated[Id, Path(description="of an order of the caller's")],
    caller: CallerDep,
    sessions: SessionMakerDep,
    request: Request,
) -> Tracking:
    """Follow an order of the caller's; no connection to the database is held meanwhile."""

    async def read() -> Progress:
        async with sessions() as session:
            orders = OrderService(OrderRepository(session), utc_now)
            order = await orders.read(order_id, caller.customer_id)
            return await progress_of(order, FulfilmentRepository(session))

    await read()  # an unknown order is refused before the stream begins
    followed = Tracking(request.app.state.follower, read, str(order_id))
    followed.check_room()
    return followed


TrackingDep = Annotated[Tracking, Depends(tracking)]
