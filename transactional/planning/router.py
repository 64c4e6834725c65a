"""/stock, what a plan reads and proposes and what operators decide of it: for operators."""

import datetime as dt
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from pydantic import TypeAdapter

from features.schemas.row import Id
from transactional.deps import utc_now
from transactional.fields import IfMatch, ProductId, Text, version_of, with_version
from transactional.planning.deps import (
    DecisionsDep,
    PositionDep,
    RatesDep,
    RunsDep,
    TermsDeskDep,
)
from transactional.planning.schemas import (
    DemandRates,
    DraftChange,
    PositionPage,
    ProductPosition,
    ReceiptPage,
    Rejection,
    RunProposals,
    RunView,
    SuppliersReceipt,
    Terms,
    TermsList,
    TermsPage,
    TermsView,
    TransferChange,
    TransferPage,
    TransferStatus,
    TransferView,
)
from transactional.stock.purchasing_schemas import Name, PurchaseOrderId, PurchaseOrderView
from web import cursors

MAX_RUN_BYTES = 32_000_000
router = APIRouter(prefix="/stock", tags=["planning"])
TransferId = Annotated[Id, Path(description="of a proposed transfer")]
RunDay = Annotated[dt.date, Path(description="the day as of whose end the plan was made")]
Limit = Annotated[int, Query(ge=1, le=100)]
LongLimit = Annotated[int, Query(ge=1, le=500)]
Cursor = Annotated[str | None, Query(max_length=500)]
Supplier = Annotated[Name | None, Query(description="only this supplier's")]
NOTE_AND_ID = TypeAdapter(tuple[Text, Id])


@router.get("/terms")
async def list_terms(
    desk: TermsDeskDep, supplier: Supplier = None, limit: LongLimit = 100, cursor: Cursor = None
) -> TermsPage:
    """Return supply terms by product id."""
    listing = f"supply terms of {supplier}"
    found = await desk.page(supplier, cursors.id_after(cursor, listing), limit + 1)
    more = cursors.next_by_id([each.product_id for each in found], limit, listing)
    page = [TermsView.model_validate(each, from_attributes=True) for each in found[:limit]]
    return TermsPage(terms=page, next_cursor=more)


@router.put("/terms", status_code=204)
async def set_many_terms(body: TermsList, desk: TermsDeskDep) -> None:
    """Set the terms of many products: of all, or, if one of them is refused, of none."""
    await desk.put([each.model_dump() for each in body.terms], None)


@router.get("/{product_id}/terms")
async def read_terms(product_id: ProductId, desk: TermsDeskDep, response: Response) -> TermsView:
    """Return a product's supply terms."""
    return with_version(TermsView, await desk.read(product_id), response)


@router.put("/{product_id}/terms")
async def set_terms(
    product_id: ProductId,
    body: Terms,
    desk: TermsDeskDep,
    response: Response,
    if_match: IfMatch = None,
) -> TermsView:
    """Set a product's supply terms.

    With `If-Match`, refused if they were changed since that version was read; `"0"`: if there are any.
    """
    values = {**body.model_dump(), "product_id": product_id}
    made = await desk.put([values], version_of(if_match))
    return with_version(TermsView, made, response)


@router.delete("/{product_id}/terms", status_code=204)
async def remove_terms(product_id: ProductId, desk: TermsDeskDep, if_match: IfMatch = None) -> None:
    """Plan the product no more."""
    await desk.remove(product_id, version_of(if_match))


@router.get("/position")
async def read_position(
    position: PositionDep, limit: LongLimit = 500, cursor: Cursor = None
) -> PositionPage:
    """Return units, terms and sales of all published products that have terms."""
    found = await position.page(cursors.id_after(cursor, "position"), limit + 1, utc_now())
    more = cursors.next_by_id([each["product_id"] for each in found], limit, "position")
    page = [ProductPosition.model_validate(each, from_attributes=True) for each in found[:limit]]
    return PositionPage(products=page, next_cursor=more)


@router.get("/receipts")
async def list_receipts(
    position: PositionDep,
    n_days: Annotated[int, Query(ge=1, le=3660)] = 730,
    limit: LongLimit = 500,
    cursor: Cursor = None,
) -> ReceiptPage:
    """Return what came from suppliers in the last days, and when it was ordered."""
    note, order_id = cursors.decode(cursor, "receipts", NOTE_AND_ID) if cursor else ("", 0)
    since = utc_now() - dt.timedelta(days=n_days)
    found = await position.receipts(since, (order_id, note), limit + 1)
    page = [SuppliersReceipt.model_validate(each, from_attributes=True) for each in found[:limit]]
    more = None
    if len(found) > limit:
        more = cursors.encode([page[-1].delivery_note, page[-1].purchase_order_id], "receipts")
    return ReceiptPage(receipts=page, next_cursor=more)


@router.put("/demand-rates", status_code=204)
async def tell_demand_rates(body: DemandRates, rates: RatesDep) -> None:
    """Tell how fast products sell; alerts in days of cover go by it."""
    await rates.put({each.product_id: each.units_per_day for each in body.rates})


@router.put("/proposals/{run_day}")
async def propose(run_day: RunDay, body: RunProposals, runs: RunsDep) -> RunView:
    """Make these the drafts of a run; drafts that nobody has touched go, all others stay."""
    result = await runs.put(run_day, body.purchase_orders, body.transfers)
    return RunView.model_validate(result, from_attributes=True)


@router.patch("/purchase-orders/{purchase_order_id}")
async def edit_draft(
    purchase_order_id: PurchaseOrderId,
    body: DraftChange,
    decisions: DecisionsDep,
    response: Response,
    if_match: IfMatch = None,
) -> PurchaseOrderView:
    """Change what a draft would order; what was proposed is kept beside it."""
    quantities = {line.line_number: line.quantity for line in body.lines}
    edited = await decisions.edit(purchase_order_id, version_of(if_match), quantities)
    return with_version(PurchaseOrderView, edited, response)


@router.post("/purchase-orders/{purchase_order_id}/approve")
async def approve_draft(
    purchase_order_id: PurchaseOrderId,
    decisions: DecisionsDep,
    response: Response,
    if_match: IfMatch = None,
) -> PurchaseOrderView:
    """Order what a draft says: it is open from now on."""
    approved = await decisions.approve(purchase_order_id, version_of(if_match))
    return with_version(PurchaseOrderView, approved, response)


@router.post("/purchase-orders/{purchase_order_id}/reject")
async def reject_draft(
    purchase_order_id: PurchaseOrderId,
    body: Rejection,
    decisions: DecisionsDep,
    response: Response,
    if_match: IfMatch = None,
) -> PurchaseOrderView:
    """Order nothing of a draft, and say why."""
    rejected = await decisions.reject(purchase_order_id, version_of(if_match), body.reason)
    return with_version(PurchaseOrderView, rejected, response)


@router.get("/transfer-drafts")
async def list_transfers(
    decisions: DecisionsDep,
    status: TransferStatus = "draft",
    limit: Limit = 20,
    cursor: Cursor = None,
) -> TransferPage:
    """Return proposed transfers of a status, the oldest first."""
    listing = f"transfers {status}"
    found = await decisions.transfers(status, cursors.id_after(cursor, listing), limit + 1)
    more = cursors.next_by_id([each.transfer_id for each in found], limit, listing)
    page = [TransferView.model_validate(each, from_attributes=True) for each in found[:limit]]
    return TransferPage(transfers=page, next_cursor=more)


@router.patch("/transfer-drafts/{transfer_id}")
async def edit_transfer(
    transfer_id: TransferId,
    body: TransferChange,
    decisions: DecisionsDep,
    response: Response,
    if_match: IfMatch = None,
) -> TransferView:
    """Change how many units a draft would move."""
    edited = await decisions.edit_transfer(transfer_id, version_of(if_match), body.quantity)
    return with_version(TransferView, edited, response)


@router.post("/transfer-drafts/{transfer_id}/approve")
async def approve_transfer(
    transfer_id: TransferId,
    decisions: DecisionsDep,
    response: Response,
    if_match: IfMatch = None,
) -> TransferView:
    """Move the units of a draft."""
    moved = await decisions.move(transfer_id, version_of(if_match))
    return with_version(TransferView, moved, response)


@router.post("/transfer-drafts/{transfer_id}/reject")
async def reject_transfer(
    transfer_id: TransferId,
    body: Rejection,
    decisions: DecisionsDep,
    response: Response,
    if_match: IfMatch = None,
) -> TransferView:
    """Move nothing, and say why."""
    rejected = await decisions.reject_transfer(transfer_id, version_of(if_match), body.reason)
    return with_version(TransferView, rejected, response)
