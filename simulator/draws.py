"""Random numbers addressed by what they are for.

The number for (seed, stream, id, column) is the same in whatever order, process or partition it
is drawn, so the shop needs no table that all partitions share. The mixing function is splitmix64
(Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014).
"""

from enum import IntEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

GOLDEN = np.uint64(0x9E3779B97F4A7C15)


class Stream(IntEnum):
    """What a draw is for. Numbers are part of the shop's seed: append, never renumber."""

    LEAF = 1
    WORDS = 2
    BRAND_VECTOR = 3
    STYLE_VECTOR = 4
    PRODUCT_VECTOR = 5
    POPULARITY = 6
    PRICE = 7
    LAUNCH = 8
    PROMOTION = 9
    STOCK_OUT = 10
    PAIRS = 11
    INTERESTS = 12
    TASTE = 13
    HABITS = 14
    VISITS = 15
    FAULTS = 16
    RETURNS = 17
    REVIEWS = 18
    QUALITY = 19
    LUCK = 20


def uniform(seed: int, stream: int, ids: ArrayLike, n_columns: int = 1) -> Floats:
    """Return numbers in (0, 1), shape (len(ids), n_columns)."""
    with np.errstate(over="ignore"):
        origin = _mix(np.array([seed], np.uint64) * GOLDEN + np.uint64(stream))
        rows = _mix(np.asarray(ids).astype(np.uint64)[:, None] * GOLDEN + origin)
        cells = _mix(rows + np.arange(1, n_columns + 1, dtype=np.uint64) * GOLDEN)
    return np.asarray(((cells >> np.uint64(11)).astype(np.float64) + 0.5) / 2.0**53)


def normal(seed: int, stream: int, ids: ArrayLike, n_columns: int = 1) -> Floats:
    """Return standard normal numbers, shape (len(ids), n_columns)."""
    return np.asarray(ndtri(uniform(seed, stream, ids, n_columns)))


def _mix(state: NDArray[np.uint64]) -> NDArray[np.uint64]:
    state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state ^ (state >> np.uint64(31))
