"""What a seller earns with a line, and what is taken back of it: pure rules, integer cents.

Of a line of q units that cost p cents (after discounts, with tax), the first n units are worth
p * n / q, rounded down, as in `fulfilment.amounts`: a later unit is worth the difference. Delivered
units earn their worth, returned ones lose theirs, so a line that comes back whole leaves nothing.
The commission on either is its rate of that worth, half a cent rounded up, and never grows faster than
the worth itself: no line ever owes more commission than it earned.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Literal

from transactional.money import ratio_of

Kind = Literal["sale", "commission", "refund", "commission_refund"]


@dataclass(frozen=True, slots=True)
class SoldUnits:
    """A seller's line of an order: what became of its units, and what of that is in the ledger.

    Units that come back before they arrived have earned nothing yet and are taken back once they
    have. `earned_at` is when the first unit was delivered; None if none is in the ledger.
    """

    order_id: int
    line_number: int
    seller_id: int
    quantity: int
    paid_cents: int
    rate_basis_points: int
    n_delivered: int
    n_returned: int
    n_booked_sold: int = 0
    n_booked_back: int = 0
    earned_at: dt.datetime | None = None

    def worth_cents(self, n_units: int) -> int:
        """Return what the first `n_units` of the line cost."""
        return self.paid_cents * n_units // self.quantity

    def commission_cents(self, n_units: int) -> int:
        """Return what of that the shop keeps."""
        return ratio_of(self.worth_cents(n_units), self.rate_basis_points)


@dataclass(frozen=True, slots=True)
class Earning:
    """An entry of the ledger that follows from a line; `cents` is positive for the seller's gain."""

    event_key: str
    kind: Kind
    seller_id: int
    order_id: int
    line_number: int
    n_units: int
    cents: int
    rate_basis_points: int
    occurred_at: dt.datetime
    earned_at: dt.datetime


def earnings(line: SoldUnits, occurred_at: dt.datetime) -> list[Earning]:
    """Return what is missing in the ledger of a line, as of `occurred_at`.

    An entry's key has the units up to which its kind is booked with it, so none can be there twice.
    """
    n_back = min(line.n_returned, line.n_delivered)
    sold = _booked(line, "sale", (line.n_booked_sold, line.n_delivered), occurred_at)
    return sold + _booked(line, "refund", (line.n_booked_back, n_back), occurred_at)


def _booked(
    line: SoldUnits, kind: Literal["sale", "refund"], units: tuple[int, int], at: dt.datetime
) -> list[Earning]:
    before, after = units
    if after <= before:
        return []
    sign = 1 if kind == "sale" else -1
    of_commission: Kind = "commission" if kind == "sale" else "commission_refund"
    worth = line.worth_cents(after) - line.worth_cents(before)
    commission = line.commission_cents(after) - line.commission_cents(before)
    earned_at = at if kind == "sale" else line.earned_at or at

    def entry(kind: Kind, cents: int) -> Earning:
        return Earning(
            f"{kind}-{line.order_id}-{line.line_number}-{after}",
            kind,
            line.seller_id,
            line.order_id,
            line.line_number,
            after - before,
            cents,
            line.rate_basis_points,
            at,
            earned_at,
        )

    entries = [entry(kind, sign * worth)]
    return [*entries, entry(of_commission, -sign * commission)] if commission else entries
