"""Wires the caller's cart to a request."""

from typing import Annotated

from fastapi import Depends, Request

from transactional.accounts.deps import CallerDep
from transactional.carts.repository import CartRepository
from transactional.carts.service import CartService
from transactional.catalogue.repository import CatalogueRepository
from transactional.deps import RedisDep, SessionDep


def cart_service(
    caller: CallerDep, redis: RedisDep, session: SessionDep, request: Request
) -> CartService:
    """Build the service for one request."""
    currency = request.app.state.currency
    return CartService(
        caller.customer_id, CartRepository(redis), CatalogueRepository(session), currency
    )


CartServiceDep = Annotated[CartService, Depends(cart_service)]
