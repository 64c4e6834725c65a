"""/sellers/me/balance, ledger, payouts: a seller's books; /sellers/commissions, payout-runs: the shop's."""

from typing import Annotated

from fastapi import APIRouter, Header, Path, Query, Request, Response
from pydantic import Field, TypeAdapter

from features.schemas.row import Id
from transactional.callers import OperatorDep
from transactional.orders.deps import IdempotencyKeyDep
from transactional.sellers.deps import (
    CommissionsDep,
    OwnBooksDep,
    PayoutRunsDep,
    PayoutTermsDep,
    SellerLedgerDep,
)
from transactional.sellers.models import PayoutRun
from transactional.sellers.money_schemas import (
    Adjustment,
    BalanceView,
    CommissionPage,
    CommissionRequest,
    CommissionView,
    EntryPage,
    EntryView,
    NamedPayoutView,
    OwnPayoutPage,
    OwnPayoutView,
    PayoutPage,
    PayoutView,
    RunPage,
    RunTotalsView,
    RunView,
    Transfer,
)
from transactional.sellers.payouts import PayoutRuns, as_csv
from web import cursors

router = APIRouter(prefix="/sellers", tags=["sellers' money"])
RunId = Annotated[Id, Path(description="of a payout run")]
Limit = Annotated[int, Query(ge=1, le=100)]
Cursor = Annotated[str | None, Query(max_length=200)]
CSV = "text/csv"
OrNone = Annotated[int, Field(ge=0, lt=2**63, description="an id, 0 for none")]
TWO_IDS = TypeAdapter(tuple[OrNone, OrNone])


@router.get("/me/balance")
async def read_own_balance(
    books: OwnBooksDep, terms: PayoutTermsDep, request: Request
) -> BalanceView:
    """Return what the shop owes the caller, and what of it may be paid out today."""
    balance = await books.balance()
    return BalanceView(
        balance_cents=balance.balance_cents,
        payable_cents=balance.payable_cents,
        payout_minimum_cents=terms.minimum_cents,
        currency=request.app.state.currency,
    )


@router.get("/me/ledger")
async def list_own_entries(
    books: OwnBooksDep, request: Request, limit: Limit = 20, cursor: Cursor = None
) -> EntryPage:
    """Return the entries of the caller's ledger, newest first; they are never changed."""
    listing = f"ledger of seller {books.seller_id}"
    below = cursors.decode(cursor, listing, cursors.ONE_ID)[0] if cursor else None
    found = await books.ledger.entries(books.seller_id, below, limit + 1)
    page = [EntryView.model_validate(each, from_attributes=True) for each in found[:limit]]
    more = cursors.encode([page[-1].entry_id], listing) if len(found) > limit else None
    return EntryPage(entries=page, currency=request.app.state.currency, next_cursor=more)


@router.get("/me/payouts")
async def list_own_payouts(
    books: OwnBooksDep, request: Request, limit: Limit = 20, cursor: Cursor = None
) -> OwnPayoutPage:
    """Return the caller's payouts, newest first."""
    listing = f"payouts of seller {books.seller_id}"
    below = cursors.decode(cursor, listing, cursors.ONE_ID)[0] if cursor else None
    found = await books.ledger.payouts(books.seller_id, below, limit + 1)
    page = [OwnPayoutView.model_validate(each, from_attributes=True) for each in found[:limit]]
    more = cursors.encode([page[-1].payout_id], listing) if len(found) > limit else None
    return OwnPayoutPage(payouts=page, currency=request.app.state.currency, next_cursor=more)


@router.get("/commissions")
async def list_commissions(
    commissions: CommissionsDep, limit: Limit = 20, cursor: Cursor = None
) -> CommissionPage:
    """Return the rates that count now, the general ones first."""
    after = cursors.decode(cursor, "commissions", TWO_IDS) if cursor else (-1, -1)
    found = await commissions.current(after, limit + 1)
    page = [CommissionView.model_validate(each, from_attributes=True) for each in found[:limit]]
    place = (page[-1].seller_id or 0, page[-1].category_id or 0) if page else ()
    more = cursors.encode(place, "commissions") if len(found) > limit else None
    return CommissionPage(commissions=page, next_cursor=more)


@router.put("/commissions")
async def set_commission(body: CommissionRequest, commissions: CommissionsDep) -> CommissionView:
    """Set a rate for orders placed from now on."""
    rate = await commissions.put(body.category_id, body.seller_id, body.basis_points)
    return CommissionView.model_validate(rate, from_attributes=True)


@router.post("/payout-runs", status_code=201)
async def pay_sellers(
    runs: PayoutRunsDep, terms: PayoutTermsDep, key: IdempotencyKeyDep, request: Request
) -> RunTotalsView:
    """Pay every seller what is payable; the same Idempotency-Key again is the same run."""
    return await _with_totals(await runs.pay(key, terms), runs, request)


@router.get("/payout-runs")
async def list_payout_runs(
    runs: PayoutRunsDep, limit: Limit = 20, cursor: Cursor = None
) -> RunPage:
    """Return payout runs, newest first."""
    below = cursors.decode(cursor, "payout runs", cursors.ONE_ID)[0] if cursor else None
    found = await runs.page(below, limit + 1)
    page = [RunView.model_validate(each, from_attributes=True) for each in found[:limit]]
    more = cursors.encode([page[-1].payout_run_id], "payout runs") if len(found) > limit else None
    return RunPage(runs=page, next_cursor=more)


@router.get(
    "/payout-runs/{payout_run_id}",
    response_model=RunTotalsView,
    responses={200: {"content": {CSV: {"schema": {"type": "string"}}}}},
)
async def read_payout_run(
    payout_run_id: RunId,
    runs: PayoutRunsDep,
    request: Request,
    accept: Annotated[str, Header(max_length=500)] = "",
) -> RunTotalsView | Response:
    """Return a run's sums; with `Accept: text/csv` its payouts as a file."""
    run = await runs.read(payout_run_id)
    if CSV in accept:
        return Response(as_csv(await runs.payouts(payout_run_id)), media_type=CSV)
    return await _with_totals(run, runs, request)


@router.get("/payout-runs/{payout_run_id}/payouts")
async def list_payouts(
    payout_run_id: RunId, runs: PayoutRunsDep, limit: Limit = 20, cursor: Cursor = None
) -> PayoutPage:
    """Return a run's payouts, by id."""
    listing = f"payouts of run {payout_run_id}"
    await runs.read(payout_run_id)
    after = cursors.decode(cursor, listing, cursors.ONE_ID)[0] if cursor else 0
    found = await runs.payouts(payout_run_id, after, limit + 1)
    page = [NamedPayoutView.model_validate(each, from_attributes=True) for each in found[:limit]]
    more = cursors.encode([page[-1].payout_id], listing) if len(found) > limit else None
    return PayoutPage(payouts=page, next_cursor=more)


@router.post("/payouts/{payout_id}/paid")
async def note_paid(
    payout_id: Annotated[Id, Path(description="of a payout")], body: Transfer, runs: PayoutRunsDep
) -> PayoutView:
    """Note that the bank has made a transfer."""
    payout = await runs.note_paid(payout_id, body.bank_reference)
    return PayoutView.model_validate(payout, from_attributes=True)


@router.post("/{seller_id}/adjustments", status_code=201)
async def adjust(
    seller_id: Annotated[Id, Path(description="of a seller")],
    body: Adjustment,
    operator: OperatorDep,
    ledger: SellerLedgerDep,
) -> EntryView:
    """Give a seller money, or take some, outside of sales and payouts."""
    entry = await ledger.adjust(
        seller_id, body.cents, body.reference, body.note, operator.customer_id
    )
    return EntryView.model_validate(entry, from_attributes=True)


async def _with_totals(run: PayoutRun, runs: PayoutRuns, request: Request) -> RunTotalsView:
    totals = await runs.totals(run.payout_run_id)
    fields = RunView.model_validate(run, from_attributes=True).model_dump()
    currency = request.app.state.currency
    return RunTotalsView(**fields, **totals._mapping, currency=currency)  # noqa: SLF001 - its API
