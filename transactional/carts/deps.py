"""Wires a customer's or a guest's cart to a request."""

from typing import Annotated

from fastapi import Depends, Header, Request

from transactional.callers import VisitorDep, found_or_refused
from transactional.carts.repository import CartRepository, of_customer, of_guest
from transactional.carts.service import CartService, GuestCart
from transactional.deps import utc_now
from transactional.errors import ShopProblem

CartToken = Annotated[
    str | None,
    Header(pattern=r"^[A-Za-z0-9_-]{43}$", description="of a guest's cart: POST /api/v1/carts"),
]


class UnknownCartProblem(ShopProblem):
    """The token was never given out, or its cart was not used for 30 days or merged at log-in."""

    type, title, status = "/problems/unknown-cart", "Unknown cart", 404

    def __init__(self) -> None:
        super().__init__("There is no such guest cart. Make a new one at POST /api/v1/carts.")


async def cart_repository(request: Request) -> CartRepository:
    """Return all carts."""
    return CartRepository(request.app.state.redis_batches)


CartRepositoryDep = Annotated[CartRepository, Depends(cart_repository)]


async def cart_owner(
    visitor: VisitorDep,
    carts: CartRepositoryDep,
    request: Request,
    cart_token: CartToken = None,
) -> str:
    """Return whose cart is meant: the customer's who is logged in, else the guest's of the token."""
    if cart_token is not None and "authorization" not in request.headers:
        if not await carts.is_open(cart_token):
            raise UnknownCartProblem
        return of_guest(cart_token)
    return of_customer(found_or_refused(visitor).customer_id)


CartOwnerDep = Annotated[str, Depends(cart_owner)]


async def guest_cart(carts: CartRepositoryDep, cart_token: CartToken = None) -> GuestCart:
    """Return the guest's cart that log-in merges."""
    return GuestCart(cart_token, carts)


GuestCartDep = Annotated[GuestCart, Depends(guest_cart)]


async def cart_service(
    owner: CartOwnerDep, carts: CartRepositoryDep, request: Request
) -> CartService:
    """Build the service for one request."""
    state = request.app.state
    return CartService(owner, carts, state.listings, state.currency, utc_now)


CartServiceDep = Annotated[CartService, Depends(cart_service)]
