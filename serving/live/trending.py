"""What is wanted this hour, out of live counts: a list that serving reads like those of batches."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from redis import Redis

from features.live.products import Interest, Offer
from features.live.states import STATES, Family, known_key, state_key
from features.live.windows import WINDOWS
from features.schemas.weights import CART_WEIGHT, PURCHASE_WEIGHT, VIEW_WEIGHT
from features.store.packed import list_key, pack_list
from features.store.packed_lists import TRENDING_NOW, WHOLE_SHOP

WINDOW = "1h"
N_LOOKED_AT = 5_000
"""Of more products that something happened to this hour, those it happened to last."""
N_BEST = 100
KEPT_SECONDS = 60
"""Without a worker the list goes, and the batch's stands in."""


def wanted_most(
    interests: Mapping[int, Interest], offers: Mapping[int, Offer], now: float, n_best: int = N_BEST
) -> list[int]:
    """Return the products that were wanted most in the last hour, the best first; ties by the smaller id.

    Views, carts and order lines count as in the batch's trending lists (`features.schemas.weights`).
    """
    scores: dict[int, float] = {}
    for product_id, interest in interests.items():
        counted = interest.counts(now)
        views, carts = (counted[f"n_{kind}s_{WINDOW}"] for kind in ("view", "cart"))
        scores[product_id] = VIEW_WEIGHT * views + CART_WEIGHT * carts
    for product_id, offer in offers.items():
        bought = offer.counts(now)[f"n_purchases_{WINDOW}"]
        scores[product_id] = scores.get(product_id, 0.0) + PURCHASE_WEIGHT * bought
    wanted = [product_id for product_id, score in scores.items() if score > 0]
    return sorted(wanted, key=lambda product_id: (-scores[product_id], product_id))[:n_best]


@dataclass(frozen=True)
class TrendingNow:
    """Keeps the list fresh. `clock` tells seconds since 1970."""

    redis: Redis
    clock: Callable[[], float]

    def refresh(self) -> None:
        """Write the list anew."""
        now = self.clock()
        best = wanted_most(self._states("interest", now), self._states("offer", now), now)
        packed = pack_list(dt.datetime.fromtimestamp(now, dt.UTC), best)
        self.redis.set(list_key(TRENDING_NOW, WHOLE_SHOP), packed, ex=KEPT_SECONDS)

    def _states(self, family: Family, now: float) -> dict[int, Any]:
        """Return the states of products that something happened to in the last hour."""
        since = now - WINDOWS[WINDOW]
        names: Any = self.redis.zrevrangebyscore(
            known_key(family), "+inf", since, start=0, num=N_LOOKED_AT
        )
        texts: Any = self.redis.mget([state_key(family, name) for name in names]) if names else []
        return {
            int(name): STATES[family].of_json(text)
            for name, text in zip(names, texts, strict=True)
            if text
        }
