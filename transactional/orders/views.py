"""Orders as the customer sees them, and the answers to placing one."""

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any, Literal

from pydantic_core import to_json

from transactional.errors import ShopProblem
from transactional.fields import PostalAddress
from transactional.orders.decisions import Accepted
from transactional.orders.models import Order, Payment
from transactional.orders.schemas import (
    ChargeView,
    OrderLineView,
    OrderView,
    PaymentView,
    QuoteView,
)
from transactional.orders.writing import RESERVED_FOR
from web.problems import MEDIA_TYPE
from web.shortcuts import JSON, Answer

PATH = "/api/v1/orders"
OrderDocument = Mapping[str, Any]
"""An order as `OrderView.model_dump()` gives it."""
Ended = Literal["authorised", "action_required", "declined", "expired"]


class PaymentDeclinedProblem(ShopProblem):
    """The provider does not give the money."""

    type, title, status = "/problems/payment-declined", "Payment declined", 402


class ReservationExpiredProblem(ShopProblem):
    """The payment came after the units had gone back."""

    type, title, status = "/problems/reservation-expired", "Reservation expired", 409


def document_of_accepted(
    order_id: int, accepted: Accepted, currency: str, placed_at: dt.datetime
) -> OrderDocument:
    """Return a new order, still pending."""
    total = accepted.total
    shares = zip(
        total.lines,
        accepted.titles,
        total.line_discount_cents,
        total.line_tax_cents,
        strict=True,
    )
    # No models: what is ours already need not be checked, and they take thrice as long.
    return {
        "order_id": order_id,
        "status": "pending",
        "items_cents": total.items_cents,
        "discount_cents": total.discount_cents,
        "shipping_cents": total.shipping_cents,
        "tax_cents": total.tax_cents,
        "total_cents": total.total_cents,
        "currency": currency,
        "charges": accepted.charges,
        "placed_at": placed_at,
        "expires_at": placed_at + RESERVED_FOR,
        "cancelled_at": None,
        "payment": {"status": "authorising"} if total.total_cents else None,
        "lines": [
            {
                "line_number": number,
                "product_id": line.product_id,
                "seller_id": line.seller_id,
                "title": title,
                "quantity": line.quantity,
                "unit_price_cents": line.unit_price_cents,
                "discount_cents": discount_cents,
                "tax_cents": tax_cents,
            }
            for number, (line, title, discount_cents, tax_cents) in enumerate(shares, start=1)
        ],
        "ship_to": accepted.destination.ship_to,
    }


def quote_of(accepted: Accepted, currency: str) -> QuoteView:
    """Return what an order would cost."""
    total = accepted.total
    return QuoteView(
        items_cents=total.items_cents,
        discount_cents=total.discount_cents,
        shipping_cents=total.shipping_cents,
        tax_cents=total.tax_cents,
        total_cents=total.total_cents,
        currency=currency,
        charges=[ChargeView.model_validate(each) for each in accepted.charges],
    )


def document_of(order: Order) -> OrderDocument:
    """Return an order as the database has it, as a document."""
    return view_of(order).model_dump()


def view_of(order: Order) -> OrderView:
    """Return an order as the database has it."""
    payment = order.payments[-1] if order.payments else None
    return OrderView(
        **{name: getattr(order, name) for name in SAME_NAMES},
        charges=[ChargeView.model_validate(each) for each in order.charges],
        payment=_payment(payment) if payment else None,
        lines=[OrderLineView.model_validate(line, from_attributes=True) for line in order.lines],
        ship_to=_address(order.ship_to),
    )


def settled_answer(order: OrderDocument, ended: Ended, action_url: str | None = None) -> Answer:
    """Return what to answer who placed the order, by what came of its payment."""
    if ended == "declined":
        return refusal_answer(
            PaymentDeclinedProblem(
                "The payment was declined and nothing was ordered. Use another method and a new"
                " Idempotency-Key.",
                order_id=order["order_id"],
            )
        )
    if ended == "expired":
        return refusal_answer(
            ReservationExpiredProblem(
                "The payment took too long, the units are released and no money is held. Order"
                " again with a new Idempotency-Key.",
                order_id=order["order_id"],
            )
        )
    payment = {"status": ended, "action_url": action_url} if order["payment"] else None
    changes: dict[str, object] = {"payment": payment}
    if ended == "authorised":
        changes |= {"status": "confirmed", "expires_at": None}
    return Answer(201, JSON, to_json({**order, **changes}))


def refusal_answer(refusal: ShopProblem) -> Answer:
    """Return a refusal as an answer to keep."""
    return Answer(refusal.status, MEDIA_TYPE, json.dumps(refusal.document(PATH)).encode())


SAME_NAMES = (
    "order_id", "status", "items_cents", "discount_cents", "shipping_cents", "tax_cents",
    "total_cents", "currency", "placed_at", "expires_at", "cancelled_at",
)  # fmt: skip


def _payment(payment: Payment) -> PaymentView:
    return PaymentView.model_validate(payment, from_attributes=True)


def _address(ship_to: Mapping[str, str | None] | None) -> PostalAddress | None:
    return PostalAddress.model_validate(ship_to) if ship_to else None
