"""How far an order is: the steps a customer waits for, and what they can do now."""

import hashlib
import json
from collections import Counter
from dataclasses import dataclass

from storefront.apis import Document

STEPS = ("pending", "confirmed", "processing", "shipped", "delivered")
FINAL = frozenset(("delivered", "cancelled", "refunded"))


@dataclass(frozen=True)
class Step:
    """A step of an order's way."""

    status: str
    is_done: bool
    is_current: bool


@dataclass(frozen=True)
class Tracked:
    """An order, its parcels, what went back, and what can be done.

    Parameters
    ----------
    returnable
        Units by line number that can still be sent back.
    digest
        Another one whenever anything has changed.
    """

    order: Document
    shipments: list[Document]
    returns: list[Document]
    refunds: list[Document]
    steps: list[Step]
    can_be_cancelled: bool
    can_be_reviewed: bool
    returnable: dict[int, int]
    digest: str

    @property
    def action_url(self) -> str:
        """Where the customer has to confirm the payment; empty if nowhere."""
        payment = self.order["payment"] or {}
        is_asked = payment.get("status") == "action_required"
        return str(payment.get("action_url") or "") if is_asked else ""


def tracked(progress: Document) -> Tracked:
    """Return an order as its page shows it."""
    order = progress["order"]
    status = order["status"]
    return Tracked(
        order=order,
        shipments=progress["shipments"],
        returns=progress["returns"],
        refunds=progress["refunds"],
        steps=steps_of(status),
        can_be_cancelled=status in ("pending", "confirmed"),
        can_be_reviewed=status in ("delivered", "returned", "refunded"),
        returnable=returnable_units(order, progress["returns"]),
        digest=hashlib.blake2b(json.dumps(progress).encode(), digest_size=8).hexdigest(),
    )


def steps_of(status: str) -> list[Step]:
    """Return the steps; none of an order that went another way."""
    if status not in STEPS:
        return []
    reached = STEPS.index(status)
    return [Step(each, n <= reached, n == reached) for n, each in enumerate(STEPS)]


def returnable_units(order: Document, returns: list[Document]) -> dict[int, int]:
    """Return units by line number that came and are not on their way back."""
    if order["status"] != "delivered":
        return {}
    back: Counter[int] = Counter()
    for each in returns:
        if each["status"] != "refused":
            for line in each["lines"]:
                back[line["line_number"]] += line["quantity"]
    left = {
        line["line_number"]: line["quantity"] - back[line["line_number"]] for line in order["lines"]
    }
    return {number: n_units for number, n_units in left.items() if n_units > 0}


def is_final(progress: Tracked) -> bool:
    """Tell whether nothing more happens by itself."""
    waits = any(each["status"] == "requested" for each in progress.returns)
    due = any(each["status"] == "due" for each in progress.refunds)
    return progress.order["status"] in FINAL and not waits and not due
