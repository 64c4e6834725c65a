"""What a session, a browser or a customer did lately, as one state.

Each event of the clickstream changes the states of all whom it names. Whoever asks with several names
(a customer in a session) is told of all of them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import orjson

from features.live.intent import NOTHING_KNOWN, Facts, Intent
from features.live.windows import Tally, counted, counts, next_change
from features.schemas.weights import CART_WEIGHT, VIEW_WEIGHT

K = TypeVar("K")

N_SEEN = 20
N_QUERIES = 5
COUNTED = ("view", "cart", "search")
LOOKS = {"view": VIEW_WEIGHT, "cart": CART_WEIGHT}
"""Kinds of events that are looks at a product, and what each tells of the intent."""

DAY_SECONDS = 86_400
KEPT_SECONDS = {"s": DAY_SECONDS, "c": DAY_SECONDS, "v": 30 * DAY_SECONDS}
"""How long a state is kept after its last event, by the first letter of its name."""


def names_of(
    session_id: str | None = None, visitor_id: str | None = None, customer_id: int | None = None
) -> tuple[str, ...]:
    """Return the names of the states that are about somebody: `s<session>`, `v<browser>`, `c<customer>`."""
    given = (("s", session_id), ("v", visitor_id), ("c", customer_id))
    return tuple(f"{letter}{who}" for letter, who in given if who is not None and who != "")


@dataclass(frozen=True)
class ShopperAct:
    """One event as it is counted.

    Parameters
    ----------
    at
        When the platform knew of it, seconds since 1970.
    facts
        Of the product.
    """

    at: float
    kind: str
    product_id: int | None = None
    query: str | None = None
    facts: Facts = NOTHING_KNOWN


@dataclass
class Shopper:
    """The state of one name.

    Parameters
    ----------
    at
        When the last event came, seconds since 1970.
    seen
        When each product was looked at last, the latest `N_SEEN`.
    queries
        When each query was asked last, the latest `N_QUERIES`.
    tallies
        Counts by kind of event.
    """

    at: float = 0.0
    seen: dict[int, float] = field(default_factory=dict)
    queries: dict[str, float] = field(default_factory=dict)
    intent: Intent = field(default_factory=Intent)
    tallies: dict[str, Tally] = field(default_factory=dict)

    @staticmethod
    def kept_seconds(name: str) -> int:
        """Return how long a state is kept after its last event."""
        return KEPT_SECONDS[name[0]]

    @classmethod
    def of_json(cls, text: bytes | str) -> "Shopper":
        """Return a state as it was written."""
        told = orjson.loads(text)
        return cls(
            at=told["at"],
            seen={int(product_id): at for product_id, at in told["seen"].items()},
            queries=told["queries"],
            intent=Intent(**told["intent"]),
            tallies=told["tallies"],
        )

    def json(self) -> bytes:
        """Return the state as it lies in Redis."""
        return orjson.dumps(self, option=orjson.OPT_NON_STR_KEYS)

    def take(self, act: ShopperAct) -> None:
        """Let an event change the state."""
        self.at = max(self.at, act.at)
        if act.kind in COUNTED:
            counted(self.tallies.setdefault(act.kind, {}), act.at)
        if act.kind in LOOKS and act.product_id is not None:
            self.seen = _latest(self.seen, act.product_id, act.at, N_SEEN)
            self.intent.look(act.at, LOOKS[act.kind], act.facts)
        if act.kind == "search" and act.query:
            self.queries = _latest(self.queries, act.query, act.at, N_QUERIES)

    def counts(self, now: float) -> dict[str, int]:
        """Return how often what was done: `n_views_5m`, ..."""
        return {
            f"n_{_plural(kind)}_{window}": n
            for kind in COUNTED
            for window, n in counts(self.tallies.get(kind, {}), now).items()
        }

    def next_change(self, now: float) -> float | None:
        """Return when the next of the counts falls, if nothing happens."""
        return earliest(next_change(tally, now) for tally in self.tallies.values())


def seen_last(shoppers: Iterable[Shopper]) -> list[int]:
    """Return the products that any of the states has, the one seen last first."""
    times: dict[int, float] = {}
    for shopper in shoppers:
        for product_id, at in shopper.seen.items():
            times[product_id] = max(at, times.get(product_id, at))
    return sorted(times, key=lambda product_id: -times[product_id])


def wanted_category(shoppers: Sequence[Shopper]) -> int | None:
    """Return the category that who acted last is after most; None if no state knows one."""
    for shopper in sorted(shoppers, key=lambda each: -each.at):
        for category_id in shopper.intent.category_shares:
            return category_id
    return None


def earliest(moments: Iterable[float | None]) -> float | None:
    """Return the first of moments, None if there is none."""
    return min((at for at in moments if at is not None), default=None)


def _plural(kind: str) -> str:
    return f"{kind}es" if kind == "search" else f"{kind}s"


def _latest(times: dict[K, float], one: K, at: float, n: int) -> dict[K, float]:
    """Return the latest n of what is known and one more, the latest first."""
    before = {each: known for each, known in times.items() if each != one}
    times = {
        one: max(at, times.get(one, at)),
        **before,
    }  # of one moment the last told is the latest
    return dict(sorted(times.items(), key=lambda each: -each[1])[:n])
