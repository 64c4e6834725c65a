"""Feature views of what happens this minute: their columns, and the rows that live states become.

Counts are as of `available_at`; they are pushed again whenever a window's end takes something away, so
that they are never older than a slice of their window (`features.live.windows`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from features.live.products import INTEREST_KINDS, Interest, Offer
from features.live.shoppers import Shopper
from features.live.states import Family
from features.live.windows import WINDOWS

SHOPPER_KEY = "shopper_key"
"""Of a session, a browser or a customer: `s<session_id>`, `v<visitor_id>`, `c<customer_id>`."""
PRODUCT_ID = "product_id"

Values = dict[str, Any]


@dataclass(frozen=True)
class LiveView:
    """A view that is pushed.

    Parameters
    ----------
    entity
        The join key.
    columns
        Python types by column: `int`, `float`, `str`, or a list of one.
    values
        Makes a row's columns of a state, as of a moment.
    """

    family: Family
    entity: str
    columns: Mapping[str, object]
    values: Callable[[Any, float], Values]


def _counts(*things: str) -> dict[str, object]:
    return {f"n_{thing}_{window}": int for thing in things for window in WINDOWS}


def _recent(shopper: Shopper, _: float) -> Values:
    return {"recent_item_ids": list(shopper.seen)}


def _intent(shopper: Shopper, now: float) -> Values:
    intent = shopper.intent
    mean, spread = intent.log_price or (None, None)
    return {
        "category_ids": list(intent.category_shares),
        "category_shares": list(intent.category_shares.values()),
        "brands": list(intent.brand_shares),
        "brand_shares": list(intent.brand_shares.values()),
        "mean_log_price_cents": mean,
        "spread_log_price_cents": spread,
        "intent_weight": intent.weight(now),
        "last_queries": list(shopper.queries),
    }


def _shopper_counts(shopper: Shopper, now: float) -> Values:
    return shopper.counts(now)


def _interest(interest: Interest, now: float) -> Values:
    return interest.counts(now)


def _offer(offer: Offer, now: float) -> Values:
    told = {"live_price_cents": offer.price_cents, "live_n_available": offer.n_available}
    return {name: n if n >= 0 else None for name, n in told.items()} | offer.counts(now)


LIVE_VIEWS: Mapping[str, LiveView] = {
    "shopper_recent": LiveView("shopper", SHOPPER_KEY, {"recent_item_ids": list[int]}, _recent),
    "shopper_intent": LiveView(
        "shopper",
        SHOPPER_KEY,
        {
            "category_ids": list[int],
            "category_shares": list[float],
            "brands": list[str],
            "brand_shares": list[float],
            "mean_log_price_cents": float,
            "spread_log_price_cents": float,
            "intent_weight": float,
            "last_queries": list[str],
        },
        _intent,
    ),
    "shopper_counts": LiveView(
        "shopper", SHOPPER_KEY, _counts("views", "carts", "searches"), _shopper_counts
    ),
    "product_interest": LiveView(
        "interest", PRODUCT_ID, _counts(*(f"{kind}s" for kind in INTEREST_KINDS)), _interest
    ),
    "product_offer": LiveView(
        "offer",
        PRODUCT_ID,
        {"live_price_cents": int, "live_n_available": int, **_counts("purchases")},
        _offer,
    ),
}
