"""Wires orders to a request."""

from typing import Annotated

from fastapi import Depends, Header, Request
from pydantic import StringConstraints

from transactional.accounts.deps import CallerDep
from transactional.carts.repository import CartRepository
from transactional.deps import RedisDep, SessionDep, SessionMakerDep
from transactional.orders.checkout import Checkout, order_service
from transactional.orders.service import OrderService
from web.problems import BadRequestProblem


class KeyRequiredProblem(BadRequestProblem):
    """The request must carry an idempotency key."""

    type, title = "/problems/idempotency-key-required", "Idempotency key required"


def idempotency_key(
    idempotency_key: Annotated[
        Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,255}$")] | None,
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


def checkout(
    sessions: SessionMakerDep, redis: RedisDep, caller: CallerDep, request: Request
) -> Checkout:
    """Build the caller's checkout."""
    currency = request.app.state.currency
    return Checkout(sessions, CartRepository(redis), caller.customer_id, currency)


CheckoutDep = Annotated[Checkout, Depends(checkout)]


def request_order_service(session: SessionDep) -> OrderService:
    """Build the order service for a request's transaction."""
    return order_service(session)


OrderServiceDep = Annotated[OrderService, Depends(request_order_service)]
