"""Wires stock to a request."""

from typing import Annotated

from fastapi import Depends

from transactional.callers import OperatorDep
from transactional.deps import SessionDep, utc_now
from transactional.stock.alerts import Alerts
from transactional.stock.purchasing import Purchasing
from transactional.stock.repository import StockRepository
from transactional.stock.service import StockService
from transactional.stock.warehouses import Warehouses


async def stock_service(session: SessionDep) -> StockService:
    """Build the service for one request."""
    return StockService(StockRepository(session), utc_now)


StockServiceDep = Annotated[StockService, Depends(stock_service)]


async def purchasing(
    operator: OperatorDep, session: SessionDep, stock: StockServiceDep
) -> Purchasing:
    """Return the purchase orders, for an operator's request."""
    return Purchasing(session, stock, operator.customer_id, utc_now)


PurchasingDep = Annotated[Purchasing, Depends(purchasing)]


async def warehouses(
    operator: OperatorDep, session: SessionDep, stock: StockServiceDep
) -> Warehouses:
    """Return the warehouses, for an operator's request."""
    return Warehouses(session, stock, operator.customer_id, utc_now)


WarehousesDep = Annotated[Warehouses, Depends(warehouses)]


async def alerts(session: SessionDep) -> Alerts:
    """Return the alerts, in the request's transaction."""
    return Alerts(session, utc_now)


AlertsDep = Annotated[Alerts, Depends(alerts)]
