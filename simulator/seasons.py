"""How demand and supply change from day to day: week, year, promotions and stock-outs.

Promotions and stock-outs are drawn per product within blocks of 60 days, so that any day can be
known without the days before it.
"""

import numpy as np
from numpy.typing import NDArray

from simulator.draws import Floats, Ints, Stream, uniform
from simulator.shop import day_of
from simulator.words import LEAVES

BLOCK_DAYS = 60
WEEKDAYS = np.array([0.95, 0.8, 0.85, 0.9, 1.05, 1.35, 1.1])
PROMOTION_RATIO, STOCK_OUT_RATIO = 0.35, 0.25


def week_and_year(day: int) -> float:
    """Return the factor on the number of visits; Saturdays 1.35, December high."""
    date = day_of(day)
    year = 1 + 0.2 * np.cos(2 * np.pi * (date.timetuple().tm_yday - 345) / 365.25)
    return float(WEEKDAYS[date.weekday()] * year)


def leaf_seasons(day: int) -> Floats:
    """Return the factor on each leaf category's attraction, between 0.5 and 2."""
    peaks = np.array([leaf.peak for leaf in LEAVES])
    distance = day_of(day).timetuple().tm_yday - peaks
    return np.asarray(np.exp(0.7 * np.cos(2 * np.pi * distance / 365.25)))


def _interval(
    seed: int, stream: int, products: Ints, block: int, share: float, lengths: tuple[int, int]
) -> tuple[Ints, Ints, Floats]:
    """Return the first day, the day after the last (equal if none) and one more uniform draw."""
    draws = uniform(seed, stream * 1_000 + block, products, 4)
    shortest, longest = lengths
    length = shortest + np.floor(draws[:, 1] * (longest - shortest + 1)).astype(np.int64)
    start = block * BLOCK_DAYS + np.floor(draws[:, 2] * (BLOCK_DAYS - length)).astype(np.int64)
    return start, np.where(draws[:, 0] < share, start + length, start), draws[:, 3]


def promotion(seed: int, products: Ints, block: int) -> tuple[Ints, Ints, Floats]:
    """Return each product's promotion of the block: first day, day after, share off the price."""
    interval = _interval(seed, Stream.PROMOTION, products, block, PROMOTION_RATIO, (5, 14))
    start, end, draw = interval
    return start, end, np.asarray(np.floor(2 + draw * 7) * 0.05)  # 10 % to 40 %


def stock_out(
    seed: int, products: Ints, block: int, ratio: float = STOCK_OUT_RATIO
) -> tuple[Ints, Ints]:
    """Return each product's stock-out of the block: first day and day after the last.

    `ratio` of the products have one; who has it at a lower ratio has the same at a higher one.
    """
    start, end, _ = _interval(seed, Stream.STOCK_OUT, products, block, ratio, (2, 8))
    return start, end


def discounts(seed: int, products: Ints, day: int) -> Floats:
    """Return the share off each product's price on the day, 0 without a promotion."""
    start, end, share = promotion(seed, products, day // BLOCK_DAYS)
    return np.where((start <= day) & (day < end), share, 0.0)


def is_out_of_stock(
    seed: int, products: Ints, day: int, ratio: float = STOCK_OUT_RATIO
) -> NDArray[np.bool_]:
    """Return whether each product can't be bought on the whole of the day."""
    start, end = stock_out(seed, products, day // BLOCK_DAYS, ratio)
    return np.asarray((start <= day) & (day < end))
