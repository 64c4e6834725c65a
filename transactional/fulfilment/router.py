"""/fulfilment: an operator's view of orders; /orders/{id}/...: what a customer sees and sends back."""

from collections.abc import AsyncIterator
from typing import Annotated, Literal

from fastapi import APIRouter, Header, Path, Query
from fastapi.sse import EventSourceResponse, ServerSentEvent

from features.schemas.row import Id
from transactional.callers import CallerDep
from transactional.fulfilment.deps import CustomerFulfilmentDep, FulfilmentDep, TrackingDep
from transactional.fulfilment.progress import progress_of
from transactional.fulfilment.schemas import (
    Dispatch,
    Progress,
    Receipt,
    RefundRequest,
    RefundView,
    ReturnRequest,
    ReturnView,
)
from transactional.orders.deps import OrderServiceDep
from transactional.orders.schemas import OrderPage
from transactional.orders.service import UnknownOrderProblem
from transactional.orders.views import view_of
from web import cursors

customers = APIRouter(prefix="/orders", tags=["orders"])
operators = APIRouter(prefix="/fulfilment/orders", tags=["fulfilment"])
OrderId = Annotated[Id, Path(description="of an order")]
Number = Annotated[int, Path(ge=1, le=10**6, description="counted from 1 within the order")]


@customers.get("/{order_id}/progress")
async def read_progress(
    order_id: OrderId, caller: CallerDep, orders: OrderServiceDep, service: CustomerFulfilmentDep
) -> Progress:
    """Return one of the caller's orders with its shipments, returns and refunds."""
    return await progress_of(await orders.read(order_id, caller.customer_id), service.fulfilment)


@customers.get("/{order_id}/tracking", response_class=EventSourceResponse)
async def track(
    tracking: TrackingDep, last_event_id: Annotated[str | None, Header(max_length=80)] = None
) -> AsyncIterator[ServerSentEvent]:
    """Stream one of the caller's orders, as in `/progress`: now, and whenever it has changed.

    Events are called `progress`. The stream ends after 5 minutes; who connects again with
    `Last-Event-ID`, as browsers do, gets what has changed since.
    """
    async for digest, progress in tracking.changes(last_event_id):
        yield ServerSentEvent(data=progress, event="progress", id=digest)


@customers.post("/{order_id}/returns", status_code=201)
async def ask_return(
    order_id: OrderId, body: ReturnRequest, caller: CallerDep, service: CustomerFulfilmentDep
) -> ReturnView:
    """Announce units that go back, within 30 days of their coming; the refund follows receipt."""
    quantities = {line.line_number: line.quantity for line in body.lines}
    made = await service.ask_return(order_id, caller.customer_id, quantities, body.reason)
    return ReturnView.model_validate(made, from_attributes=True)


@operators.get("")
async def list_waiting(
    service: FulfilmentDep,
    status: Literal["confirmed", "processing"] = "confirmed",
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> OrderPage:
    """Return orders to be packed or shipped, oldest first."""
    listing = f"fulfilment of {status}"
    above = cursors.decode(cursor, listing, cursors.ONE_ID)[0] if cursor else None
    found = await service.fulfilment.waiting(status, above, limit + 1)
    page = found[:limit]
    more = cursors.encode([page[-1].order_id], listing) if len(found) > limit else None
    return OrderPage(orders=[view_of(order) for order in page], next_cursor=more)


@operators.get("/{order_id}")
async def read_any_progress(order_id: OrderId, service: FulfilmentDep) -> Progress:
    """Return anybody's order with its shipments, returns and refunds."""
    order = await service.fulfilment.order(order_id)
    if order is None:
        raise UnknownOrderProblem(order_id)
    return await progress_of(order, service.fulfilment)


@operators.post("/{order_id}/pack")
async def pack(order_id: OrderId, service: FulfilmentDep) -> Progress:
    """Begin to pack a confirmed order: a shipment for each seller and warehouse."""
    return await progress_of(await service.pack(order_id), service.fulfilment)


@operators.post("/{order_id}/shipments/{number}/ship")
async def ship(
    order_id: OrderId, number: Number, body: Dispatch, service: FulfilmentDep
) -> Progress:
    """Hand a shipment to its carrier; with the first one the money is taken."""
    order = await service.ship(order_id, number, body.carrier, body.tracking)
    return await progress_of(order, service.fulfilment)


@operators.post("/{order_id}/shipments/{number}/deliver")
async def deliver(order_id: OrderId, number: Number, service: FulfilmentDep) -> Progress:
    """Note that a shipment arrived."""
    return await progress_of(await service.deliver(order_id, number), service.fulfilment)


@operators.post("/{order_id}/cancel")
async def cancel(order_id: OrderId, service: FulfilmentDep) -> Progress:
    """Cancel an order of which nothing has left; its units and its money are let go."""
    return await progress_of(await service.cancel(order_id), service.fulfilment)


@operators.post("/{order_id}/returns/{number}/receive")
async def receive_return(
    order_id: OrderId, number: Number, body: Receipt, service: FulfilmentDep
) -> ReturnView:
    """Take a return in and give its money back."""
    ended = await service.receive_return(order_id, number, restock=body.restock)
    return ReturnView.model_validate(ended, from_attributes=True)


@operators.post("/{order_id}/returns/{number}/refuse")
async def refuse_return(order_id: OrderId, number: Number, service: FulfilmentDep) -> ReturnView:
    """End a return without a refund."""
    ended = await service.refuse_return(order_id, number)
    return ReturnView.model_validate(ended, from_attributes=True)


@operators.post("/{order_id}/refunds", status_code=201)
async def refund(
    order_id: OrderId, body: RefundRequest, service: FulfilmentDep
) -> list[RefundView]:
    """Give a part of the money back out of goodwill; return all refunds of the order."""
    made = await service.refund(order_id, body.cents, body.reason)
    return [RefundView.model_validate(each, from_attributes=True) for each in made]
