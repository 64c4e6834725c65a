"""Counting stars: pure rules."""

from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Decimal

STARS = (1, 2, 3, 4, 5)
CENT = Decimal("0.01")


def counted(status: str, rating: int) -> int | None:
    """Return the stars that a review counts for: none unless it is published."""
    return rating if status == "published" else None


def deltas(before: int | None, after: int | None) -> list[int]:
    """Return what a review's change adds to the number of reviews with one to five stars."""
    return [(after == stars) - (before == stars) for stars in STARS]


def mean(n_by_stars: Sequence[int]) -> float | None:
    """Return the mean of one to five stars, to two decimals, half to even; None without reviews."""
    n_reviews = sum(n_by_stars)
    if n_reviews == 0:
        return None
    total = sum(stars * n for stars, n in zip(STARS, n_by_stars, strict=True))
    return float((Decimal(total) / n_reviews).quantize(CENT, ROUND_HALF_EVEN))
