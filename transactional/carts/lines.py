"""A cart's lines and the price each is promised at: pure rules.

A line put into a cart locks the product's price for `LOCKED_FOR`. While the lock holds, a rise of the
price does not reach the customer; a fall always does. Once it is over, the cart shows the price of now
with a notice, and locks that.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

LOCKED_FOR = dt.timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class StoredLine:
    """Units of a product, the price shown for one, and until when (whole seconds) it is promised."""

    quantity: int
    shown_cents: int
    locked_until: dt.datetime

    def encoded(self) -> str:
        """Return the line as Redis holds it."""
        return f"{self.quantity}:{self.shown_cents}:{int(self.locked_until.timestamp())}"

    @classmethod
    def decoded(cls, text: str) -> "StoredLine":
        """Return the line that `encoded` wrote."""
        quantity, shown_cents, seconds = map(int, text.split(":"))
        return cls(quantity, shown_cents, dt.datetime.fromtimestamp(seconds, dt.UTC))

    def price_cents(self, price_now_cents: int, now: dt.datetime) -> int:
        """Return what a unit costs the customer: the promised price, or that of now if lower."""
        promised = self.shown_cents if now < self.locked_until else price_now_cents
        return min(promised, price_now_cents)


def locked(quantity: int, price_cents: int, now: dt.datetime) -> StoredLine:
    """Return a line whose price is promised from now on."""
    return StoredLine(quantity, price_cents, now.replace(microsecond=0) + LOCKED_FOR)


def relocked(line: StoredLine, price_now_cents: int, now: dt.datetime) -> StoredLine:
    """Return the line with a new promise if the old one is over or the price fell; else itself."""
    if now < line.locked_until and line.shown_cents <= price_now_cents:
        return line
    return locked(line.quantity, price_now_cents, now)


def merged(
    own: Mapping[int, StoredLine], guest: Mapping[int, StoredLine], max_lines: int
) -> dict[int, StoredLine]:
    """Return a customer's cart after log-in, from theirs and the one they filled as a guest.

    Of a product in both: the larger number of units, at the promise that was made last. Beyond
    `max_lines` lines the customer's own stay and of the guest's those of the lowest product ids.
    """
    both = {
        product_id: StoredLine(
            max(line.quantity, guest[product_id].quantity),
            *max((line.locked_until, line.shown_cents) for line in (line, guest[product_id]))[::-1],
        )
        for product_id, line in own.items()
        if product_id in guest
    }
    added = {product_id: guest[product_id] for product_id in sorted(guest.keys() - own.keys())}
    n_free = max(max_lines - len(own), 0)
    return {**own, **both, **dict(list(added.items())[:n_free])}
