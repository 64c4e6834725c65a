"""What a product cost when, and what a reduction must be compared with.

Directive 98/6/EC, article 6a (Omnibus Directive 2019/2161): who announces a reduction states the prior
price, the lowest that was asked within the 30 days before it.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

WINDOW = dt.timedelta(days=30)


@dataclass(frozen=True, slots=True)
class PriceSince:
    """A price and from when on it was asked."""

    price_cents: int
    changed_at: dt.datetime


def prior_price_cents(history: Sequence[PriceSince]) -> int | None:
    """Return the lowest price of the 30 days before the last change; None unless that lowered it.

    Parameters
    ----------
    history
        A product's prices, oldest first. The one that was asked when the 30 days began counts, so
        the history must reach back to it.
    """
    if len(history) < 2 or history[-1].price_cents >= history[-2].price_cents:
        return None
    begin = history[-1].changed_at - WINDOW
    # A price that was replaced at the moment it was set was never asked.
    asked = [
        each.price_cents
        for each, following in pairwise(history)
        if following.changed_at > max(begin, each.changed_at)
    ]
    return min(asked, default=None)
