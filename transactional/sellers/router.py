"""/sellers: applying, and deciding; /sellers/me/orders: a seller's own part of orders."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from sqlalchemy import Row

from features.schemas.row import Id
from transactional.callers import CallerDep, OperatorDep
from transactional.catalogue.models import Seller
from transactional.fulfilment.schemas import Dispatch
from transactional.sellers.deps import OwnOrdersDep, SellerServiceDep
from transactional.sellers.own_orders import ShipmentStatus
from transactional.sellers.schemas import (
    Application,
    BusinessChange,
    BusinessView,
    DecisionView,
    Judgement,
    OwnOrderPage,
    OwnOrderView,
    SellerPage,
    SellerView,
)
from transactional.sellers.service import SellerService
from transactional.sellers.states import Status
from web import cursors

router = APIRouter(prefix="/sellers", tags=["sellers"])
SellerId = Annotated[Id, Path(description="of a seller")]
OrderId = Annotated[Id, Path(description="of an order")]
Number = Annotated[int, Path(ge=1, le=10**6, description="counted from 1 within the order")]
Limit = Annotated[int, Query(ge=1, le=100)]
Cursor = Annotated[str | None, Query(max_length=200)]


@router.post("", status_code=201)
async def apply(body: Application, caller: CallerDep, service: SellerServiceDep) -> BusinessView:
    """Ask to sell in this shop; operators decide, and the caller is told by mail."""
    return _view(await service.apply(caller.customer_id, body.name, body.about))


@router.get("")
async def list_sellers(
    _: OperatorDep,
    service: SellerServiceDep,
    status: Status | None = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> SellerPage:
    """Return sellers and applications, by id."""
    listing = f"sellers {status}"
    after = cursors.decode(cursor, listing, cursors.ONE_ID)[0] if cursor else 0
    found = await service.sellers.page(status, after, limit + 1)
    page = found[:limit]
    more = cursors.encode([page[-1].seller_id], listing) if len(found) > limit else None
    return SellerPage(sellers=[_view(each) for each in page], next_cursor=more)


@router.get("/me")
async def read_own_business(caller: CallerDep, service: SellerServiceDep) -> BusinessView:
    """Return the caller's application or business."""
    return _view(await service.own(caller.customer_id))


@router.patch("/me")
async def change_own_business(
    body: BusinessChange, caller: CallerDep, service: SellerServiceDep
) -> BusinessView:
    """Change what the caller says of themselves; the name only until it is approved."""
    return _view(await service.change(caller.customer_id, body.name, body.about))


@router.get("/me/orders")
async def list_own_orders(
    orders: OwnOrdersDep,
    status: Annotated[
        ShipmentStatus | None, Query(description="of a shipment; waiting: nobody packs yet")
    ] = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> OwnOrderPage:
    """Return confirmed orders with something of the caller's, newest first."""
    listing = f"orders of seller {orders.seller_id} {status}"
    below = cursors.decode(cursor, listing, cursors.ONE_ID)[0] if cursor else None
    found = await orders.page(status, below, limit + 1)
    page = found[:limit]
    more = cursors.encode([page[-1].order_id], listing) if len(found) > limit else None
    return OwnOrderPage(orders=[_own(each) for each in page], next_cursor=more)


@router.get("/me/orders/{order_id}")
async def read_own_order(order_id: OrderId, orders: OwnOrdersDep) -> OwnOrderView:
    """Return the caller's part of an order."""
    return _own(await orders.read(order_id))


@router.post("/me/orders/{order_id}/pack")
async def pack_own_order(order_id: OrderId, orders: OwnOrdersDep) -> OwnOrderView:
    """Begin to pack a confirmed order; the shipments of its other sellers begin with it."""
    return _own(await orders.pack(order_id))


@router.post("/me/orders/{order_id}/shipments/{number}/ship")
async def ship_own(
    order_id: OrderId, number: Number, body: Dispatch, orders: OwnOrdersDep
) -> OwnOrderView:
    """Hand a shipment of the caller's to its carrier."""
    return _own(await orders.ship(order_id, number, body.carrier, body.tracking))


@router.post("/me/orders/{order_id}/shipments/{number}/deliver")
async def deliver_own(order_id: OrderId, number: Number, orders: OwnOrdersDep) -> OwnOrderView:
    """Note that a shipment of the caller's arrived; its lines are earned from now."""
    return _own(await orders.deliver(order_id, number))


@router.get("/{seller_id}")
async def read_seller(seller_id: SellerId, _: OperatorDep, service: SellerServiceDep) -> SellerView:
    """Return a seller with all that was decided about them."""
    return await _whole(await service.read(seller_id), service)


@router.post("/{seller_id}/decision")
async def decide(
    seller_id: SellerId, body: Judgement, operator: OperatorDep, service: SellerServiceDep
) -> SellerView:
    """Approve or refuse an application; suspend a seller, or reinstate one.

    What a suspended seller has for sale is archived within seconds; nothing is paid out meanwhile.
    """
    seller = await service.decide(seller_id, body.decision, body.note, operator.customer_id)
    return await _whole(seller, service)


def _view(seller: Seller) -> BusinessView:
    return BusinessView.model_validate(seller, from_attributes=True)


async def _whole(seller: Seller, service: SellerService) -> SellerView:
    decisions = await service.sellers.decisions(seller.seller_id)
    return SellerView(
        **_view(seller).model_dump(),
        customer_id=seller.customer_id,
        decisions=[DecisionView.model_validate(each, from_attributes=True) for each in decisions],
    )


def _own(order: Row[Any]) -> OwnOrderView:
    return OwnOrderView.model_validate(order, from_attributes=True)
