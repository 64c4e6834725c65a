"""/sellers/me/products/{id}/stock: what lies of a seller's own products, and what they bring or take."""

from typing import Annotated

from fastapi import APIRouter, Depends

from transactional.callers import SellerDep
from transactional.catalogue.models import Product
from transactional.deps import SessionDep
from transactional.errors import UnknownProductProblem
from transactional.fields import IfMatch, ProductId, version_of
from transactional.stock.deps import StockServiceDep
from transactional.stock.repository import Move
from transactional.stock.schemas import Level, OwnMovement, ProductStock, WarehouseStock

router = APIRouter(prefix="/sellers/me/products", tags=["sellers"])


async def own_product_id(product_id: ProductId, seller: SellerDep, session: SessionDep) -> int:
    """Return the id of a product of the caller's.

    Raises
    ------
    UnknownProductProblem
        If it is nobody's, or another one's: which, is not told.
    """
    product = await session.get(Product, product_id)
    if product is None or product.seller_id != seller.seller_id:
        raise UnknownProductProblem(product_id)
    return product_id


OwnProductId = Annotated[int, Depends(own_product_id)]


@router.get("/{product_id}/stock")
async def read_own_stock(product_id: OwnProductId, service: StockServiceDep) -> ProductStock:
    """Return the units of one of the caller's products by warehouse; none before any came."""
    rows = await service.rows(product_id)
    warehouses = [WarehouseStock.model_validate(row, from_attributes=True) for row in rows]
    return ProductStock(product_id=product_id, warehouses=warehouses)


@router.post("/{product_id}/stock", status_code=201)
async def move_own_stock(
    product_id: OwnProductId,
    body: OwnMovement,
    seller: SellerDep,
    service: StockServiceDep,
    if_match: IfMatch = None,
) -> Level:
    """Bring or take units of one of the caller's products; what is promised to orders stays.

    With `If-Match`, refused too if the warehouse's row was changed since that version was read.
    """
    move = Move(
        product_id,
        await service.warehouse(body.warehouse_id),
        body.delta,
        body.reason,
        seller.customer_id,
        version_of(if_match),
    )
    return Level(product_id=product_id, n_available=await service.move(move))
