"""What the endpoints of planning take and return."""

import datetime as dt
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, Field, model_validator

from features.schemas.row import Id
from transactional.fields import RequestBody, Text
from transactional.stock.purchasing_schemas import Day, Name, Units

Cents = Annotated[int, Field(ge=0, le=10**9)]
ServiceClass = Annotated[
    Literal["AX", "AY", "AZ", "BX", "BY", "BZ", "CX", "CY", "CZ"] | None,
    Field(description="instead of the class that revenue and variation give; null: that one"),
]
Number = (
    Annotated[int, Field(ge=-(10**12), le=10**12)]
    | Annotated[float, Field(ge=-1e12, le=1e12, allow_inf_nan=False)]
)
Explanation = Annotated[
    dict[Annotated[Text, Field(max_length=60)], Number | Annotated[Text, Field(max_length=2000)]],
    Field(max_length=40, description="the plan's facts, `sentence` among them"),
]
Reason = Annotated[Text, Field(min_length=1, max_length=500)]


class Terms(RequestBody):
    """From whom a product is bought, and on what terms."""

    supplier: Name
    unit_cost_cents: Cents
    pack_size: Annotated[Units, Field(description="orders are whole packs")] = 1
    minimum_order: Annotated[Units, Field(description="units, not packs")] = 1
    shelf_life_days: Annotated[
        int | None, Field(ge=1, le=3660, description="from the receipt; null: it keeps")
    ] = None
    service_class: ServiceClass = None


class ProductTerms(Terms):
    """The terms of one product."""

    product_id: Id


class TermsView(ProductTerms):
    """The terms of one product; send `version` back as `If-Match`."""

    version: int
    changed_at: dt.datetime


def _each_product_once(found: list[Any]) -> list[Any]:
    if len({each.product_id for each in found}) < len(found):
        raise ValueError("name each product once")
    return found


class TermsList(RequestBody):
    """The terms of many products: all are set, or none."""

    terms: Annotated[
        list[ProductTerms], Field(min_length=1, max_length=1000), AfterValidator(_each_product_once)
    ]


class TermsPage(BaseModel):
    """Terms by product id; `next_cursor` is null on the last page."""

    terms: list[TermsView]
    next_cursor: str | None


class ProposedLine(RequestBody):
    """Units of a product that a plan would order, and why."""

    product_id: Id
    quantity: Units
    unit_cost_cents: Cents | None = None
    explanation: Explanation


class ProposedOrder(RequestBody):
    """What a plan would order from a supplier for a warehouse."""

    supplier: Name
    warehouse_id: Id
    expected_on: Day | None = None
    lines: Annotated[
        list[ProposedLine], Field(min_length=1, max_length=500), AfterValidator(_each_product_once)
    ]


class TransferProposal(RequestBody):
    """Units that a plan would move, and why."""

    product_id: Id
    from_warehouse_id: Id
    to_warehouse_id: Id
    quantity: Units
    explanation: Explanation

    @model_validator(mode="after")
    def _elsewhere(self) -> Self:
        if self.from_warehouse_id == self.to_warehouse_id:
            raise ValueError("name two warehouses")
        return self


class RunProposals(RequestBody):
    """All that the plan of a day proposes."""

    purchase_orders: Annotated[list[ProposedOrder], Field(max_length=2000)]
    transfers: Annotated[list[TransferProposal], Field(max_length=10_000)]


class RunView(BaseModel):
    """What became of a run's proposals."""

    run_day: dt.date
    n_purchase_orders: int
    n_lines: int
    n_transfers: int
    n_left_out: Annotated[
        int,
        Field(description="lines and transfers that somebody has edited or decided already"),
    ]


class EditedLine(RequestBody):
    """Units to order instead; 0 leaves the line out."""

    line_number: Annotated[int, Field(ge=1, le=500)]
    quantity: Annotated[int, Field(ge=0, le=10**6)]


def _each_line_once(lines: list[EditedLine]) -> list[EditedLine]:
    if len({line.line_number for line in lines}) < len(lines):
        raise ValueError("name each line once")
    return lines


class DraftChange(RequestBody):
    """What shall be ordered instead; what is proposed is kept beside it."""

    lines: Annotated[
        list[EditedLine], Field(min_length=1, max_length=500), AfterValidator(_each_line_once)
    ]


class Rejection(RequestBody):
    """Why a proposal is not followed."""

    reason: Reason


class TransferChange(RequestBody):
    """Units to move instead."""

    quantity: Units


TransferStatus = Literal["draft", "moved", "rejected"]


class TransferView(BaseModel):
    """A proposed transfer: a draft, moved, or rejected."""

    transfer_id: int
    run_day: dt.date
    product_id: int
    from_warehouse_id: int
    to_warehouse_id: int
    quantity: int
    n_proposed: int
    explanation: dict[str, Any]
    status: TransferStatus
    version: Annotated[int, Field(description="grows with every change: send it as `If-Match`")]
    created_at: dt.datetime
    edited_at: dt.datetime | None
    edited_by: int | None
    decided_at: dt.datetime | None
    decided_by: int | None
    reason: str | None


class TransferPage(BaseModel):
    """Proposed transfers, the oldest first; `next_cursor` is null on the last page."""

    transfers: list[TransferView]
    next_cursor: str | None


class WarehousePosition(BaseModel):
    """Units of a product in a warehouse and on the way to it."""

    warehouse_id: int
    n_on_hand: int
    n_reserved: int
    n_on_order: Annotated[
        int, Field(description="open, and of drafts that somebody edited, as far as not received")
    ]
    n_sold: Annotated[int, Field(description="reserved for orders in the last 28 days, net")]


class ProductPosition(BaseModel):
    """What a plan needs to know of a product: price, terms, and units by open warehouse."""

    product_id: int
    price_cents: int
    terms: TermsView
    warehouses: list[WarehousePosition]


class PositionPage(BaseModel):
    """Published products that have terms, by id; `next_cursor` is null on the last page."""

    products: list[ProductPosition]
    next_cursor: str | None


class SuppliersReceipt(BaseModel):
    """A delivery: whose, when it was ordered and came, and units of all its lines."""

    purchase_order_id: int
    delivery_note: str
    supplier: str
    ordered_at: dt.datetime
    received_at: dt.datetime
    n_units: int


class ReceiptPage(BaseModel):
    """Deliveries by purchase order; `next_cursor` is null on the last page."""

    receipts: list[SuppliersReceipt]
    next_cursor: str | None


class DemandRate(RequestBody):
    """How many units of a product are foreseen to be wanted on a day of the next weeks."""

    product_id: Id
    units_per_day: Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)]


class DemandRates(RequestBody):
    """The rates of many products, told by the plan."""

    rates: Annotated[
        list[DemandRate], Field(min_length=1, max_length=5000), AfterValidator(_each_product_once)
    ]
