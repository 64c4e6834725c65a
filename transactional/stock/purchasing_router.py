"""/stock/purchase-orders, /stock/warehouses, /stock/alerts: for operators."""

import datetime as dt
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from features.schemas.row import Id
from transactional.callers import OperatorDep
from transactional.deps import utc_now
from transactional.fields import ProductId, with_version
from transactional.stock.deps import AlertsDep, PurchasingDep, WarehousesDep
from transactional.stock.models import PurchaseOrder
from transactional.stock.purchasing import WantedUnits
from transactional.stock.purchasing_schemas import (
    AlertPage,
    AlertRequest,
    AlertView,
    PurchaseOrderId,
    PurchaseOrderPage,
    PurchaseOrderRequest,
    PurchaseOrderStatus,
    PurchaseOrderView,
    ReceiptRequest,
    StockOuts,
    StockOutView,
    TransferRequest,
    WarehouseRequest,
    WarehouseView,
)
from web import cursors

router = APIRouter(prefix="/stock", tags=["stock"])
WarehouseId = Annotated[Id, Path(description="of a warehouse")]
Limit = Annotated[int, Query(ge=1, le=100)]
Cursor = Annotated[str | None, Query(max_length=200)]


@router.post("/purchase-orders", status_code=201)
async def order_units(body: PurchaseOrderRequest, purchasing: PurchasingDep) -> PurchaseOrderView:
    """Note what was ordered from a supplier."""
    wanted = [
        WantedUnits(line.product_id, line.quantity, line.unit_cost_cents) for line in body.lines
    ]
    made = await purchasing.order(body.supplier, body.warehouse_id, body.expected_on, wanted)
    return _view(made)


@router.get("/purchase-orders")
async def list_purchase_orders(
    purchasing: PurchasingDep,
    status: PurchaseOrderStatus = "open",
    limit: Limit = 20,
    cursor: Cursor = None,
) -> PurchaseOrderPage:
    """Return purchase orders of a status, the oldest first."""
    listing = f"purchase orders {status}"
    found = await purchasing.page(status, cursors.id_after(cursor, listing), limit + 1)
    more = cursors.next_by_id([each.purchase_order_id for each in found], limit, listing)
    page = [_view(each) for each in found[:limit]]
    return PurchaseOrderPage(purchase_orders=page, next_cursor=more)


@router.get("/purchase-orders/{purchase_order_id}")
async def read_purchase_order(
    purchase_order_id: PurchaseOrderId, purchasing: PurchasingDep, response: Response
) -> PurchaseOrderView:
    """Return a purchase order."""
    return with_version(PurchaseOrderView, await purchasing.read(purchase_order_id), response)


@router.post("/purchase-orders/{purchase_order_id}/receipts", status_code=201)
async def receive_units(
    purchase_order_id: PurchaseOrderId, body: ReceiptRequest, purchasing: PurchasingDep
) -> PurchaseOrderView:
    """Take a delivery into stock; sent again with the same delivery note it is taken in once."""
    quantities = {line.line_number: line.quantity for line in body.lines}
    return _view(await purchasing.receive(purchase_order_id, body.delivery_note, quantities))


@router.post("/purchase-orders/{purchase_order_id}/close")
async def close_purchase_order(
    purchase_order_id: PurchaseOrderId, purchasing: PurchasingDep
) -> PurchaseOrderView:
    """Expect nothing more of a purchase order."""
    return _view(await purchasing.close(purchase_order_id))


@router.get("/warehouses")
async def list_warehouses(warehouses: WarehousesDep) -> list[WarehouseView]:
    """Return all warehouses."""
    return [
        WarehouseView.model_validate(each, from_attributes=True) for each in await warehouses.all()
    ]


@router.post("/warehouses", status_code=201)
async def add_warehouse(body: WarehouseRequest, warehouses: WarehousesDep) -> WarehouseView:
    """Make a warehouse."""
    made = await warehouses.change(None, body.model_dump())
    return WarehouseView.model_validate(made, from_attributes=True)


@router.put("/warehouses/{warehouse_id}")
async def change_warehouse(
    warehouse_id: WarehouseId, body: WarehouseRequest, warehouses: WarehousesDep
) -> WarehouseView:
    """Change a warehouse; what lies in a closed one cannot be sold."""
    changed = await warehouses.change(warehouse_id, body.model_dump())
    return WarehouseView.model_validate(changed, from_attributes=True)


@router.post("/transfers", status_code=204)
async def transfer_units(body: TransferRequest, warehouses: WarehousesDep) -> None:
    """Move units that are promised to nobody from one warehouse to another."""
    await warehouses.transfer(
        body.product_id, body.from_warehouse_id, body.to_warehouse_id, body.quantity
    )


@router.get("/alerts")
async def list_low_stock(
    alerts: AlertsDep, _: OperatorDep, limit: Limit = 20, cursor: Cursor = None
) -> AlertPage:
    """Return the products that are low, by id."""
    found = await alerts.low(cursors.id_after(cursor, "low stock"), limit + 1)
    more = cursors.next_by_id([each.product_id for each in found], limit, "low stock")
    page = [AlertView.model_validate(each, from_attributes=True) for each in found[:limit]]
    return AlertPage(alerts=page, next_cursor=more)


@router.put("/{product_id}/alert")
async def set_alert(
    product_id: ProductId, body: AlertRequest, alerts: AlertsDep, _: OperatorDep
) -> AlertView:
    """Have the operators told by mail once so few units, or days of demand, can be sold."""
    is_low = await alerts.set(product_id, body.threshold, body.days_of_cover)
    return AlertView(product_id=product_id, is_low=is_low, **body.model_dump())


@router.delete("/{product_id}/alert", status_code=204)
async def remove_alert(product_id: ProductId, alerts: AlertsDep, _: OperatorDep) -> None:
    """Tell nobody any more."""
    await alerts.remove(product_id)


@router.get("/{product_id}/stock-outs")
async def read_stock_outs(
    product_id: ProductId,
    alerts: AlertsDep,
    _: OperatorDep,
    n_days: Annotated[int, Query(ge=1, le=3660)] = 90,
) -> StockOuts:
    """Return when a product was out of stock in the last days, and for how long in all."""
    since = utc_now() - dt.timedelta(days=n_days)
    found = await alerts.stock_outs(product_id, since)
    return StockOuts(
        product_id=product_id,
        since=since,
        n_hours=await alerts.n_hours_out(product_id, since),
        stock_outs=[StockOutView.model_validate(each, from_attributes=True) for each in found],
    )


def _view(order: PurchaseOrder) -> PurchaseOrderView:
    return PurchaseOrderView.model_validate(order, from_attributes=True)
