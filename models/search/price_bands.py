"""Bands of prices, cut where what was found has its fifths, at round prices."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

FIFTHS = (0.2, 0.4, 0.6, 0.8)


@dataclass(frozen=True)
class Band:
    """Prices from one on (None: any) and below another (None: any), in cents, and how many there are."""

    from_cents: int | None
    below_cents: int | None
    n_products: int


def price_step(cents: int) -> int:
    """Return the round price at or below one: a step is half of the power of ten below, at least 1."""
    step = max(int(10 ** (len(str(cents)) - 1)) // 2, 1)
    return cents // step * step


def bands(counts: Mapping[int, int]) -> list[Band]:
    """Return the bands between round prices near the fifths; none is empty.

    Parameters
    ----------
    counts
        How many products have a price at or above one of `price_step`, and below the next.
    """
    edges = [-math.inf, *_cuts(counts), math.inf]
    return [
        Band(_cents(low), _cents(high), n_products)
        for low, high in pairwise(edges)
        if (n_products := sum(n for step, n in counts.items() if low <= step < high))
    ]


def _cuts(counts: Mapping[int, int]) -> list[int]:
    total, n_below = sum(counts.values()), 0
    possible: list[tuple[int, int]] = []
    for step, n_products in sorted(counts.items()):
        if n_below:
            possible.append((step, n_below))
        n_below += n_products
    nearest = (
        min(possible, key=lambda each: (abs(each[1] - fifth * total), each[0]))[0]
        for fifth in (FIFTHS if possible else ())
    )
    return sorted(set(nearest))


def _cents(edge: float) -> int | None:
    return int(edge) if math.isfinite(edge) else None
