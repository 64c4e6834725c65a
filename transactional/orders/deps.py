"""Wires orders to a request."""

from typing import Annotated

from fastapi import Depends, Header, Request
from pydantic import StringConstraints

from transactional.carts.repository import CartRepository
from transactional.deps import SessionDep, utc_now
from transactional.orders.cart import OrderCart
from transactional.orders.checkout import Checkout
from transactional.orders.quoting import Quoting
from transactional.orders.repository import OrderRepository
from transactional.orders.service import OrderService
from web.problems import BadRequestProblem

KEY = r"^[\x21-\x7e]{1,255}$"


class KeyRequiredProblem(BadRequestProblem):
    """The request must carry an idempotency key."""

    type, title = "/problems/idempotency-key-required", "Idempotency key required"


async def idempotency_key(
    idempotency_key: Annotated[
        Annotated[str, StringConstraints(pattern=KEY)] | None,
        Header(description="made by the client; the same for every try of the same order"),
    ] = None,
) -> str:
    """Return the request's Idempotency-Key."""
    if idempotency_key is None:
        raise KeyRequiredProblem(
            "Send an Idempotency-Key header, new for each order and the same for each retry."
        )
    return idempotency_key


IdempotencyKeyDep = Annotated[str, Depends(idempotency_key)]


async def checkout(request: Request) -> Checkout:
    """Return the application's checkout."""
    made: Checkout = request.app.state.checkout
    return made


CheckoutDep = Annotated[Checkout, Depends(checkout)]


async def quoting(request: Request) -> Quoting:
    """Return what prices a cart."""
    return Quoting(request.app.state.checkout.engine, utc_now)


QuotingDep = Annotated[Quoting, Depends(quoting)]


async def order_cart(request: Request) -> OrderCart:
    """Return the carts to order from."""
    return OrderCart(CartRepository(request.app.state.redis_batches))


OrderCartDep = Annotated[OrderCart, Depends(order_cart)]


async def order_service(session: SessionDep) -> OrderService:
    """Build the order service for a request's transaction."""
    return OrderService(OrderRepository(session), utc_now)


OrderServiceDep = Annotated[OrderService, Depends(order_service)]
