"""Wires the stock service to a request."""

from typing import Annotated

from fastapi import Depends

from transactional.deps import SessionDep, utc_now
from transactional.stock.repository import StockRepository
from transactional.stock.service import StockService


async def stock_service(session: SessionDep) -> StockService:
    """Build the service for one request."""
    return StockService(StockRepository(session), utc_now)


StockServiceDep = Annotated[StockService, Depends(stock_service)]
