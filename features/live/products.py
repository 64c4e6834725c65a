"""What becomes of a product lately: how often it is looked at and bought, what it costs, what is left."""

from dataclasses import dataclass, field

import orjson

from features.live.shoppers import DAY_SECONDS, earliest
from features.live.windows import Tally, counted, counts, next_change

INTEREST_SECONDS = 2 * DAY_SECONDS
OFFER_SECONDS = 30 * DAY_SECONDS
INTEREST_KINDS = ("view", "cart")


@dataclass(frozen=True)
class ProductAct:
    """Something that happened to a product; `at` is in seconds since 1970.

    `kind` is `view`, `cart` or `purchase`, which are counted, `price` (`n` in cents) or `stock` (`n` units).
    """

    at: float
    kind: str
    n: int = 1


@dataclass
class Interest:
    """How often a product is looked at and put into carts."""

    at: float = 0.0
    tallies: dict[str, Tally] = field(default_factory=dict)

    @staticmethod
    def kept_seconds(_: str) -> int:
        """Return how long a state is kept after its last event."""
        return INTEREST_SECONDS

    @classmethod
    def of_json(cls, text: bytes | str) -> "Interest":
        """Return a state as it was written."""
        return cls(**orjson.loads(text))

    def json(self) -> bytes:
        """Return the state as it lies in Redis."""
        return orjson.dumps(self)

    def take(self, act: ProductAct) -> None:
        """Let an event change the state."""
        self.at = max(self.at, act.at)
        counted(self.tallies.setdefault(act.kind, {}), act.at, act.n)

    def counts(self, now: float) -> dict[str, int]:
        """Return how often it was looked at and put into carts: `n_views_5m`, ..."""
        return {
            f"n_{kind}s_{window}": n
            for kind in INTEREST_KINDS
            for window, n in counts(self.tallies.get(kind, {}), now).items()
        }

    def next_change(self, now: float) -> float | None:
        """Return when the next of the counts falls, if nothing happens."""
        return earliest(next_change(tally, now) for tally in self.tallies.values())


@dataclass
class Offer:
    """What the shop says of a product: price and units (-1: never told), and order lines counted."""

    at: float = 0.0
    price_cents: int = -1
    n_available: int = -1
    purchases: Tally = field(default_factory=dict)

    @staticmethod
    def kept_seconds(_: str) -> int:
        """Return how long a state is kept after its last event."""
        return OFFER_SECONDS

    @classmethod
    def of_json(cls, text: bytes | str) -> "Offer":
        """Return a state as it was written."""
        return cls(**orjson.loads(text))

    def json(self) -> bytes:
        """Return the state as it lies in Redis."""
        return orjson.dumps(self)

    def take(self, act: ProductAct) -> None:
        """Let an event change the state; of prices and levels the last one told holds."""
        self.at = max(self.at, act.at)
        if act.kind == "price":
            self.price_cents = act.n
        elif act.kind == "stock":
            self.n_available = act.n
        else:
            counted(self.purchases, act.at, act.n)

    def counts(self, now: float) -> dict[str, int]:
        """Return how many order lines it is in: `n_purchases_5m`, ..."""
        return {f"n_purchases_{window}": n for window, n in counts(self.purchases, now).items()}

    def next_change(self, now: float) -> float | None:
        """Return when the next of the counts falls, if nothing happens."""
        return next_change(self.purchases, now)
