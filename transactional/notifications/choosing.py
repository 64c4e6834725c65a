"""Which events of the outbox are told of by mail, and to whom: pure rules."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from transactional.outbox.reading import Event

Kind = Literal[
    "order_confirmed",
    "order_cancelled",
    "order_shipped",
    "refund_given",
    "confirm_email",
    "reset_password",
    "change_email",
    "email_changed",
    "low_stock",
    "seller_approved",
    "seller_refused",
    "seller_suspended",
    "seller_reinstated",
    "quality_alert",
]


@dataclass(frozen=True, slots=True)
class NewMail:
    """A mail to be sent once; `customer_id` None is for the shop's operators."""

    event_id: str
    kind: Kind
    customer_id: int | None
    facts: dict[str, Any]


KINDS: dict[tuple[str, str | None], Kind] = {
    ("orders", "confirmed"): "order_confirmed",
    ("orders", "cancelled"): "order_cancelled",
    ("shipments", "shipped"): "order_shipped",
    ("refunds", None): "refund_given",
    ("quality_alerts", None): "quality_alert",
}
TOLD = ("order_id", "number", "cents", "alert", "subject", "since", "sentence")
DECLINED = ("orders", "cancelled", "payment")
"""By topic, status and actor: told by the answer to the order, no mail needed."""


def mails_of(events: Sequence[Event]) -> list[NewMail]:
    """Return the mails that follow from events, in their order."""
    kinds = [(event, _kind(event)) for event in events]
    return [
        NewMail(event.event_id, kind, event.body["customer_id"], _facts(event))
        for event, kind in kinds
        if kind is not None
    ]


def _kind(event: Event) -> Kind | None:
    status = event.body.get("status")
    if (event.topic, status, event.body.get("actor")) == DECLINED:
        return None
    return KINDS.get((event.topic, status))


def _facts(event: Event) -> dict[str, Any]:
    return {name: event.body[name] for name in TOLD if name in event.body}
