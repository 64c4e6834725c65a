"""What the endpoints about sellers' money take and return; all sums are integer cents."""

import datetime as dt
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field

from features.schemas.row import Id
from transactional.fields import RequestBody, Text

BasisPoints = Annotated[int, Field(ge=0, le=10_000, description="ten-thousandths of what was paid")]
EntryKind = Literal["sale", "commission", "refund", "commission_refund", "payout", "adjustment"]


class CommissionRequest(RequestBody):
    """The rate of a category, of a seller, of a seller in a category, or, without both, of all others."""

    category_id: Annotated[Id | None, Field(description="with all below it")] = None
    seller_id: Id | None = None
    basis_points: Annotated[
        BasisPoints | None,
        Field(description="null: no such rate any more, a more general one counts"),
    ]


class CommissionView(BaseModel):
    """A rate that counts for orders placed since."""

    category_id: int | None
    seller_id: int | None
    basis_points: int | None
    since: dt.datetime


class CommissionPage(BaseModel):
    """The rates that count now, by seller and category; `next_cursor` is null on the last page."""

    commissions: list[CommissionView]
    next_cursor: str | None


class BalanceView(BaseModel):
    """What the shop owes a seller; negative if the seller owes the shop."""

    balance_cents: Annotated[int, Field(description="the sum of the ledger")]
    payable_cents: Annotated[int, Field(description="what a payout run would count today")]
    payout_minimum_cents: int
    currency: str


class EntryView(BaseModel):
    """An entry of a seller's ledger; `cents` is positive for the seller's gain."""

    entry_id: int
    kind: EntryKind
    cents: int
    order_id: int | None
    line_number: int | None
    n_units: int | None
    rate_basis_points: int | None
    payout_id: int | None
    note: str | None
    occurred_at: dt.datetime


class EntryPage(BaseModel):
    """Entries, newest first; `next_cursor` is null on the last page."""

    entries: list[EntryView]
    currency: str
    next_cursor: str | None


class OwnPayoutView(BaseModel):
    """A payout: opening + entries - cents = closing; `paid_at` once the bank has it."""

    payout_id: int
    payout_run_id: int
    opening_cents: Annotated[int, Field(description="the balance after the payout before")]
    entries_cents: Annotated[int, Field(description="the sum of the ledger since")]
    cents: int
    closing_cents: int
    bank_reference: str | None
    paid_at: dt.datetime | None


class OwnPayoutPage(BaseModel):
    """Payouts, newest first; `next_cursor` is null on the last page."""

    payouts: list[OwnPayoutView]
    currency: str
    next_cursor: str | None


class PayoutView(OwnPayoutView):
    """A payout as operators see it."""

    seller_id: int


class NamedPayoutView(PayoutView):
    """A payout of a run, and to whom it goes."""

    name: str | None


class PayoutPage(BaseModel):
    """A run's payouts, by id; `next_cursor` is null on the last page."""

    payouts: list[NamedPayoutView]
    next_cursor: str | None


class RunView(BaseModel):
    """A payout run: who was paid what was earned before a moment, if it was the minimum."""

    payout_run_id: int
    earned_before: dt.datetime
    minimum_cents: int
    created_at: dt.datetime
    created_by: int


class RunTotalsView(RunView):
    """A run with its sums: opening + entries - payouts = closing, and payouts + ledger = 0."""

    n_payouts: int
    n_paid: Annotated[int, Field(description="how many the bank has")]
    opening_cents: int
    entries_cents: int
    payouts_cents: int
    closing_cents: int
    ledger_cents: Annotated[int, Field(description="the ledger's entries of the payouts")]
    currency: str


class RunPage(BaseModel):
    """Payout runs, newest first; `next_cursor` is null on the last page."""

    runs: list[RunView]
    next_cursor: str | None


class Transfer(RequestBody):
    """What the bank says of a transfer it made."""

    bank_reference: Annotated[Text, Field(min_length=1, max_length=140)]


def _some(cents: int) -> int:
    if cents == 0:
        raise ValueError("give or take some cents")
    return cents


class Adjustment(RequestBody):
    """Money given to a seller by hand, or (negative) taken; why, for them to read."""

    cents: Annotated[int, Field(ge=-(10**12), le=10**12), AfterValidator(_some)]
    reference: Annotated[
        str,
        Field(
            pattern=r"^[\x21-\x7e]{1,80}$", description="new for each; sent twice it counts once"
        ),
    ]
    note: Annotated[Text, Field(min_length=1, max_length=500)]
