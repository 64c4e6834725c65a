"""POST /stock/movements, for operators."""

from fastapi import APIRouter

from transactional.accounts.deps import OperatorDep
from transactional.stock.deps import StockServiceDep
from transactional.stock.schemas import Level, Movement

router = APIRouter(prefix="/stock", tags=["stock"])


@router.post("/movements", status_code=201)
async def move_stock(body: Movement, _: OperatorDep, service: StockServiceDep) -> Level:
    """Receive or correct units of a product; refused if more would be taken out than there is."""
    level = await service.move(body.product_id, body.delta, body.reason)
    return Level(product_id=level.product_id, n_available=level.n_available)
