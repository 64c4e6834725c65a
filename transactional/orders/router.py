"""/orders: the caller's orders."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from features.schemas.row import Id
from transactional.callers import CallerDep
from transactional.orders.deps import (
    CheckoutDep,
    IdempotencyKeyDep,
    OrderCartDep,
    OrderServiceDep,
)
from transactional.orders.ordering import place
from transactional.orders.schemas import (
    HistoryEntry,
    OrderHistory,
    OrderPage,
    OrderRequest,
    OrderView,
)
from transactional.orders.views import view_of
from web import cursors

router = APIRouter(prefix="/orders", tags=["orders"])
OrderId = Annotated[Id, Path(description="of an order of the caller's")]


@router.post("", status_code=201, response_model=OrderView)
async def place_order(
    body: OrderRequest,
    key: IdempotencyKeyDep,
    caller: CallerDep,
    cart: OrderCartDep,
    checkout: CheckoutDep,
) -> Response:
    """Order the given lines or the cart, and hold the money.

    The same Idempotency-Key and body give the same answer, byte for byte, for 24 hours; the same
    key with another body is refused. With `payment.status` action_required the order is pending
    until the shopper has confirmed at `payment.action_url`, for 15 minutes.
    """
    answer = await place(checkout, cart, caller.customer_id, key, body)
    return Response(answer.body, answer.status, media_type=answer.media_type)


@router.get("")
async def list_orders(
    caller: CallerDep,
    service: OrderServiceDep,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> OrderPage:
    """Return the caller's orders, newest first."""
    listing = f"orders of {caller.customer_id}"
    below = cursors.decode(cursor, listing, cursors.ONE_ID)[0] if cursor else None
    found = await service.orders.page(caller.customer_id, below, limit + 1)
    page = found[:limit]
    more = cursors.encode([page[-1].order_id], listing) if len(found) > limit else None
    return OrderPage(orders=[view_of(order) for order in page], next_cursor=more)


@router.get("/{order_id}")
async def read_order(order_id: OrderId, caller: CallerDep, service: OrderServiceDep) -> OrderView:
    """Return one of the caller's orders."""
    return view_of(await service.read(order_id, caller.customer_id))


@router.get("/{order_id}/history")
async def read_history(
    order_id: OrderId, caller: CallerDep, service: OrderServiceDep
) -> OrderHistory:
    """Return what became of one of the caller's orders, oldest first."""
    entries = await service.history(order_id, caller.customer_id)
    return OrderHistory(
        entries=[HistoryEntry.model_validate(entry, from_attributes=True) for entry in entries]
    )


@router.post("/{order_id}/cancel")
async def cancel_order(order_id: OrderId, caller: CallerDep, service: OrderServiceDep) -> OrderView:
    """Cancel an order that is not being packed; its units and its money are let go."""
    return view_of(await service.cancel(order_id, caller.customer_id))
