"""/carts: a guest's new cart; /carts/mine: the caller's, customer or guest."""

import secrets

from fastapi import APIRouter

from transactional.callers import TOKEN_IS_OPTIONAL
from transactional.carts.deps import CartRepositoryDep, CartServiceDep
from transactional.carts.repository import LIFETIME_SECONDS
from transactional.carts.schemas import Cart, CartChange, LineChange, NewGuestCart
from transactional.fields import ProductId

router = APIRouter(prefix="/carts", tags=["carts"])


@router.post("", status_code=201)
async def open_guest_cart(carts: CartRepositoryDep) -> NewGuestCart:
    """Make a cart for somebody who has not logged in; at log-in it can be merged into theirs."""
    token = secrets.token_urlsafe(32)
    await carts.open_guest(token)
    return NewGuestCart(cart_token=token, expires_after_days_unused=LIFETIME_SECONDS // 86400)


@router.get("/mine", openapi_extra=TOKEN_IS_OPTIONAL)
async def read_cart(service: CartServiceDep) -> Cart:
    """Return the cart. A price is promised for 15 minutes; one that changed after is told once."""
    return await service.read()


@router.put("/mine", openapi_extra=TOKEN_IS_OPTIONAL)
async def fill_cart(body: CartChange, service: CartServiceDep) -> Cart:
    """Make the cart hold exactly these lines."""
    return await service.fill(body.quantities())


@router.put("/mine/lines/{product_id}", openapi_extra=TOKEN_IS_OPTIONAL)
async def put_line(product_id: ProductId, body: LineChange, service: CartServiceDep) -> Cart:
    """Set how many units of a product the cart holds."""
    return await service.put(product_id, body.quantity)


@router.delete("/mine/lines/{product_id}", openapi_extra=TOKEN_IS_OPTIONAL)
async def delete_line(product_id: ProductId, service: CartServiceDep) -> Cart:
    """Take a product out; nothing happens if it is not in the cart."""
    await service.carts.delete(service.owner, product_id)
    return await service.read()


@router.delete("/mine", openapi_extra=TOKEN_IS_OPTIONAL)
async def clear_cart(service: CartServiceDep) -> Cart:
    """Take everything out."""
    return await service.fill({})
