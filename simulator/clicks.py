"""Visits as rows of the clickstream."""

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from features.schemas.logs import ClickstreamEvent
from simulator.catalogue import wording
from simulator.columns import constant, joined, nullable, table, text, timestamps
from simulator.draws import Ints
from simulator.shop import start_ms
from simulator.visits import Flags, Today, Visits

BROWSING_SURFACES = np.array(["category", "trending", "category"])
REFUSES_EVERY = 4
"""Of the shoppers every so many give no consent to a visitor's id; the others have one browser each."""


def clicks(now: Today, made: Visits) -> tuple[pa.Table, Ints]:
    """Return the events of the visits and when they occurred, in ms since 1970."""
    view_delay = 10_000 + 40_000 * np.cumsum(made.viewed, axis=1)
    shown = made.shown >= 0
    parts = [
        _events(now, made, "impression", shown, np.full(shown.shape, 2_000)),
        _events(now, made, "view", made.viewed, view_delay),
        _events(now, made, "cart", made.carted, view_delay + 15_000),
        _searches(now, made),
    ]
    return pa.concat_tables([rows for rows, _ in parts]), np.concatenate([ms for _, ms in parts])


def _events(
    now: Today, made: Visits, kind: str, happened: Flags, delay_ms: Ints
) -> tuple[pa.Table, Ints]:
    """Return one row for each true cell of `happened`, shape (n_visits, n_shown)."""
    visit, place = np.nonzero(happened)
    product = made.shown[visit, place]
    ms = start_ms(now.day) + made.start_second[visit] * 1_000 + delay_ms[visit, place]
    number = text(made.number[visit])
    columns = {
        "event_id": joined("sim-", number, f"-{kind[0]}", text(place + 1)),
        "occurred_at": timestamps(ms),
        "session_id": joined("s", number),
        "visitor_id": _visitors(made, visit),
        "customer_id": nullable(made.shopper[visit], made.is_guest[visit]),
        "kind": constant(kind, len(visit)),
        "product_id": text(product + 1),
        "query": constant(None, len(visit)),
        "surface": pa.array(_surfaces(made)[visit]),
        "slot": constant(None, len(visit)),
        "position": text(place + 1),
        "answer_id": constant(None, len(visit)),
        "price_shown_cents": text(now.price_cents[product]),
    }
    return table(ClickstreamEvent, columns, ms), ms


def _visitors(made: Visits, visit: Ints) -> pa.Array:
    shopper = made.shopper[visit]
    return joined("v", nullable(shopper, shopper % REFUSES_EVERY == 0))


def _surfaces(made: Visits) -> NDArray[np.str_]:
    browsing = BROWSING_SURFACES[made.number % len(BROWSING_SURFACES)]
    return np.where(made.is_search, "search", browsing)


def _searches(now: Today, made: Visits) -> tuple[pa.Table, Ints]:
    visit = np.nonzero(made.is_search & (made.shown[:, 0] >= 0))[0]
    ms = start_ms(now.day) + made.start_second[visit] * 1_000
    number, nothing = text(made.number[visit]), constant(None, len(visit))
    columns = {
        "event_id": joined("sim-", number, "-s"),
        "occurred_at": timestamps(ms),
        "session_id": joined("s", number),
        "visitor_id": _visitors(made, visit),
        "customer_id": nullable(made.shopper[visit], made.is_guest[visit]),
        "kind": constant("search", len(visit)),
        "product_id": nothing,
        "query": pa.array([_query(now, made, row) for row in visit.tolist()], pa.string()),
        "surface": constant("search", len(visit)),
        "slot": nothing,
        "position": nothing,
        "answer_id": nothing,
        "price_shown_cents": nothing,
    }
    return table(ClickstreamEvent, columns, ms), ms


def _query(now: Today, made: Visits, visit: int) -> str:
    """Return words of a product on the list that answered."""
    words = wording(now.made, int(made.shown[visit, made.number[visit] % 3]))
    forms = (
        words.noun,
        f"{words.material} {words.noun}",
        f"{words.style} {words.noun}",
        f"{words.brand} {words.noun}",
        f"{words.noun} {words.colour}",
    )
    return forms[int(made.number[visit] // 8) % len(forms)]
