"""Reviews as rows of the log: buyers say what they make of what they keep.

A product has a quality that no shopper knows before the purchase, so it moves no sale; the stars are
that quality and the buyer's luck with their piece.
"""

import numpy as np
import pyarrow as pa

from features.schemas.logs import Review
from simulator.columns import constant, joined, table, text, timestamps
from simulator.draws import Floats, Ints, Stream, normal, uniform
from simulator.orders import Lines, cells_of, order_lines, returns
from simulator.shop import SimulatedShop, start_ms
from simulator.visits import Today, Visits

REVIEW_RATIO = 0.4  # of lines of known customers that are kept; Olist has one of nearly each order
MEAN_STARS = 4.1
STARS_PER_QUALITY = 0.8
STARS_PER_LUCK = 0.8
MAX_LINES = 100
"""Of an order, for a number of each review's own."""


def qualities(shop: SimulatedShop, products: Ints) -> Floats:
    """Return products' qualities, standard normal."""
    return normal(shop.seed, Stream.QUALITY, products + 1)[:, 0]


def reviews(shop: SimulatedShop, now: Today, made: Visits) -> tuple[pa.Table, Ints]:
    """Return the reviews of the day's orders, and when they were written, in ms since 1970."""
    lines = order_lines(shop, now, made)
    draws = uniform(shop.seed, Stream.REVIEWS, cells_of(made, lines.visit, lines.product), 2)
    writes = (draws[:, 0] < REVIEW_RATIO) & ~made.is_guest[lines.visit]
    writes[returns(shop, made, lines).line] = False
    chosen = np.nonzero(writes)[0]
    # Three days to three weeks after the order: it has come, and the piece has been tried.
    delay_seconds = ((3 + 18 * draws[chosen, 1]) * 86_400).astype(np.int64)
    ms = start_ms(now.day) + (lines.seconds[chosen] + delay_seconds) * 1_000
    review_ids = text(made.number[lines.visit[chosen]] * MAX_LINES + lines.number[chosen])
    columns = {
        "event_id": joined("sim-review-", review_ids),
        "occurred_at": timestamps(ms),
        "review_id": review_ids,
        "product_id": text(lines.product[chosen] + 1),
        "rating": text(_stars(shop, made, lines, chosen)),
        "status": constant("published", len(chosen)),
    }
    return table(Review, columns, ms), ms


def _stars(shop: SimulatedShop, made: Visits, lines: Lines, chosen: Ints) -> Ints:
    cells = cells_of(made, lines.visit[chosen], lines.product[chosen])
    luck = normal(shop.seed, Stream.LUCK, cells)[:, 0]
    quality = qualities(shop, lines.product[chosen])
    stars = MEAN_STARS + STARS_PER_QUALITY * quality + STARS_PER_LUCK * luck
    return np.clip(np.rint(stars), 1, 5).astype(np.int64)
