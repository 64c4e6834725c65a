"""What the order endpoints take and return."""

import datetime as dt
import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field

from features.schemas.row import Id
from transactional.fields import PostalAddress, Quantity, RequestBody, Text
from transactional.orders.states import Status

PromotionCode = Annotated[Text, Field(min_length=1, max_length=40)]


def _no_card_number(method: str) -> str:
    if re.search(r"\d{12}", method):
        raise ValueError("send the token the payment provider gave for the card, never its number")
    return method


PaymentMethod = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9_]{1,100}$",
        description="the token that the payment provider gave for the shopper's card",
    ),
    AfterValidator(_no_card_number),
]


class LineRequest(RequestBody):
    """Some units of a product."""

    product_id: Id
    quantity: Quantity


def _each_once(lines: list[LineRequest]) -> list[LineRequest]:
    if len({line.product_id for line in lines}) < len(lines):
        raise ValueError("name each product once, with all its units")
    return lines


class OrderRequest(RequestBody):
    """What to order: these lines, or, without any, the caller's cart; and what pays it."""

    payment_method: PaymentMethod
    lines: (
        Annotated[
            list[LineRequest], Field(min_length=1, max_length=100), AfterValidator(_each_once)
        ]
        | None
    ) = None
    codes: Annotated[list[PromotionCode], Field(default_factory=list, max_length=5)]
    address_id: Annotated[
        Id | None, Field(description="of one of the caller's addresses; null for the default one")
    ] = None

    def quantities(self) -> dict[int, int] | None:
        """Return units by product id; None for the cart."""
        if self.lines is None:
            return None
        return {line.product_id: line.quantity for line in self.lines}


class QuoteRequest(RequestBody):
    """What to ask the price of: the caller's cart, with these codes, to this address."""

    codes: Annotated[list[PromotionCode], Field(default_factory=list, max_length=5)]
    address_id: Annotated[
        Id | None, Field(description="of one of the caller's addresses; null for the default one")
    ] = None


class OrderLineView(BaseModel):
    """Some units of one product, at the price of that moment; discounts and tax are its share."""

    line_number: int
    product_id: int
    seller_id: int | None
    title: str
    quantity: int
    unit_price_cents: int
    discount_cents: int
    tax_cents: int


class ChargeView(BaseModel):
    """One line of the explanation of the total; discounts are negative."""

    kind: Literal["item", "discount", "shipping", "tax"]
    label: str
    cents: int
    product_id: int | None = None
    promotion_id: int | None = None


class QuoteView(BaseModel):
    """What the order would cost if it were placed now; nothing is reserved."""

    items_cents: int
    discount_cents: int
    shipping_cents: int
    tax_cents: int
    total_cents: int
    currency: str
    charges: Annotated[list[ChargeView], Field(description="they add up to the total")]


class PaymentView(BaseModel):
    """How the order is paid; with `action_required` the shopper must go to `action_url`."""

    status: Literal[
        "authorising", "action_required", "authorised", "capturing", "captured", "voiding",
        "voided", "declined",
    ]  # fmt: skip
    action_url: str | None = None


class OrderView(BaseModel):
    """A customer's order; the charges add up to the total."""

    order_id: int
    status: Status
    items_cents: int
    discount_cents: int
    shipping_cents: int
    tax_cents: int
    total_cents: int
    currency: str
    charges: list[ChargeView]
    placed_at: dt.datetime
    expires_at: Annotated[dt.datetime | None, Field(description="of a pending order's units")]
    cancelled_at: dt.datetime | None
    payment: Annotated[
        PaymentView | None, Field(description="null for an order that costs nothing")
    ]
    lines: list[OrderLineView]
    ship_to: Annotated[
        PostalAddress | None, Field(description="as it was when the order was placed")
    ]


class OrderPage(BaseModel):
    """Orders, newest first; `next_cursor` is null on the last page."""

    orders: list[OrderView]
    next_cursor: str | None


class HistoryEntry(BaseModel):
    """What became of an order, when and by whom."""

    from_status: Status | None
    to_status: Status
    actor: str
    note: str | None
    occurred_at: dt.datetime


class OrderHistory(BaseModel):
    """Every change of an order's status, oldest first; entries are never changed."""

    entries: list[HistoryEntry]
