"""/carts/mine: the caller's cart."""

from fastapi import APIRouter

from transactional.carts.deps import CartServiceDep
from transactional.carts.schemas import Cart, LineChange
from transactional.fields import ProductId

router = APIRouter(prefix="/carts/mine", tags=["carts"])


@router.get("")
async def read_cart(service: CartServiceDep) -> Cart:
    """Return the cart at the prices of now."""
    return await service.read()


@router.put("/lines/{product_id}")
async def put_line(product_id: ProductId, body: LineChange, service: CartServiceDep) -> Cart:
    """Set how many units of a product the cart holds."""
    return await service.put(product_id, body.quantity)


@router.delete("/lines/{product_id}")
async def delete_line(product_id: ProductId, service: CartServiceDep) -> Cart:
    """Take a product out; nothing happens if it is not in the cart."""
    await service.carts.delete(service.customer_id, product_id)
    return await service.read()


@router.delete("")
async def clear_cart(service: CartServiceDep) -> Cart:
    """Take everything out."""
    await service.carts.clear(service.customer_id)
    return await service.read()
