"""/orders: the caller's orders."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from features.schemas.row import Id
from transactional.callers import CallerDep
from transactional.orders.cart import wanted
from transactional.orders.decisions import Wish
from transactional.orders.deps import (
    CheckoutDep,
    IdempotencyKeyDep,
    OrderCartDep,
    OrderServiceDep,
    QuotingDep,
)
from transactional.orders.ordering import place
from transactional.orders.schemas import (
    HistoryEntry,
    OrderHistory,
    OrderPage,
    OrderRequest,
    OrderView,
    QuoteRequest,
    QuoteView,
)
from transactional.orders.views import quote_of, view_of
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


@router.post("/quotes")
async def quote(
    body: QuoteRequest, caller: CallerDep, cart: OrderCartDep, quoting: QuotingDep, request: Request
) -> QuoteView:
    """Return what the caller's cart would cost now; refused for what would refuse the order."""
    lines = wanted(await cart.lines(caller.customer_id))
    wish = Wish(caller.customer_id, lines, tuple(body.codes), body.address_id)
    return quote_of(await quoting(wish), request.app.state.currency)


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
