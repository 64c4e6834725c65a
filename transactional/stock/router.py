"""/stock, for operators."""

from fastapi import APIRouter

from transactional.callers import OperatorDep
from transactional.fields import IfMatch, ProductId, version_of
from transactional.stock.deps import StockServiceDep
from transactional.stock.repository import Move
from transactional.stock.schemas import Level, Movement, ProductStock, WarehouseStock

router = APIRouter(prefix="/stock", tags=["stock"])


@router.get("/{product_id}")
async def read_stock(
    product_id: ProductId, _: OperatorDep, service: StockServiceDep
) -> ProductStock:
    """Return a product's units by warehouse; none for a product without stock."""
    rows = await service.rows(product_id)
    warehouses = [WarehouseStock.model_validate(row, from_attributes=True) for row in rows]
    return ProductStock(product_id=product_id, warehouses=warehouses)


@router.post("/movements", status_code=201)
async def move_stock(
    body: Movement,
    operator: OperatorDep,
    service: StockServiceDep,
    if_match: IfMatch = None,
) -> Level:
    """Receive or correct units; refused if more would be taken out than lies there unreserved.

    With `If-Match`, refused too if the warehouse's row was changed since that version was read.
    """
    move = Move(
        body.product_id,
        await service.warehouse(body.warehouse_id),
        body.delta,
        body.reason,
        operator.customer_id,
        version_of(if_match),
    )
    return Level(product_id=body.product_id, n_available=await service.move(move))
