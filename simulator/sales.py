"""Orders and returns as rows of the order log."""

import numpy as np
import pyarrow as pa

from features.schemas.logs import OrderLine
from simulator.columns import constant, joined, nullable, table, text, timestamps
from simulator.draws import Ints
from simulator.orders import Lines, order_lines, returns
from simulator.shop import SimulatedShop, start_ms
from simulator.shoppers import regions
from simulator.visits import Today, Visits

CURRENCY = "EUR"


def sales(shop: SimulatedShop, now: Today, made: Visits) -> tuple[pa.Table, Ints]:
    """Return the rows of sales and their returns, and when they occurred, in ms since 1970."""
    lines = order_lines(shop, now, made)
    back = returns(shop, made, lines)
    every = np.arange(len(lines.visit))
    sold, sold_ms = _rows(now, made, lines, every, "sale", np.zeros_like(every))
    returned, returned_ms = _rows(now, made, lines, back.line, "return", back.delay_seconds)
    return pa.concat_tables([sold, returned]), np.concatenate([sold_ms, returned_ms])


def _rows(
    now: Today, made: Visits, lines: Lines, chosen: Ints, kind: str, delay_seconds: Ints
) -> tuple[pa.Table, Ints]:
    visit, product = lines.visit[chosen], lines.product[chosen]
    ms = start_ms(now.day) + (lines.seconds[chosen] + delay_seconds) * 1_000
    order, number = text(made.number[visit]), text(lines.number[chosen])
    columns = {
        "event_id": joined("sim-", order, f"-{kind}-", number),
        "occurred_at": timestamps(ms),
        "order_id": order,
        "line_number": number,
        "customer_id": nullable(made.shopper[visit], made.is_guest[visit]),
        "product_id": text(product + 1),
        "kind": constant(kind, len(visit)),
        "quantity": text(lines.quantity[chosen]),
        "unit_price_cents": text(now.price_cents[product]),
        "currency": constant(CURRENCY, len(visit)),
        "region": pa.array(regions(made.shopper[visit]), pa.string()),
    }
    return table(OrderLine, columns, ms), ms
