"""/orders: the caller's orders."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from features.schemas.row import Id
from transactional.accounts.deps import CallerDep
from transactional.orders.deps import CheckoutDep, IdempotencyKeyDep, OrderServiceDep
from transactional.orders.schemas import OrderPage, OrderRequest, OrderView
from transactional.orders.service import UnknownOrderProblem
from web import cursors

router = APIRouter(prefix="/orders", tags=["orders"])
OrderId = Annotated[Id, Path(description="of an order of the caller's")]


@router.post("", status_code=201, response_model=OrderView)
async def place_order(
    body: OrderRequest, key: IdempotencyKeyDep, checkout: CheckoutDep
) -> Response:
    """Order the given lines or the cart.

    The same Idempotency-Key and body give the same answer, byte for byte, for 24 hours; the same
    key with another body is refused.
    """
    answer = await checkout.place(key, body.quantities())
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
    below = int(cursors.decode(cursor, listing)[0]) if cursor else None
    found = await service.orders.page(caller.customer_id, below, limit + 1)
    page = found[:limit]
    more = cursors.encode([page[-1].order_id], listing) if len(found) > limit else None
    views = [OrderView.model_validate(order, from_attributes=True) for order in page]
    return OrderPage(orders=views, next_cursor=more)


@router.get("/{order_id}")
async def read_order(order_id: OrderId, caller: CallerDep, service: OrderServiceDep) -> OrderView:
    """Return one of the caller's orders."""
    order = await service.orders.of_customer(order_id, caller.customer_id)
    if order is None:
        raise UnknownOrderProblem(order_id)
    return OrderView.model_validate(order, from_attributes=True)


@router.post("/{order_id}/cancel")
async def cancel_order(order_id: OrderId, caller: CallerDep, service: OrderServiceDep) -> OrderView:
    """Cancel an order; its units go back into stock."""
    order = await service.cancel(order_id, caller.customer_id)
    return OrderView.model_validate(order, from_attributes=True)
