"""What visits end in: orders with complements, later returns, and the demand behind them."""

from dataclasses import dataclass

import numpy as np

from simulator.draws import Floats, Ints, Stream, uniform
from simulator.shop import SimulatedShop
from simulator.visits import ORDER_RATIO, Today, Visits

PARTNER_RATIO = 0.4  # of lines with a partner that take the partner along
RETURN_RATIO = 0.05
EXTRA_UNIT_RATIOS = (0.15, 0.04)  # for a second and a third unit
EXPECTED_UNITS_PER_LINE = 1 + sum(EXTRA_UNIT_RATIOS)


@dataclass(frozen=True)
class Lines:
    """Arrays of n order lines, order by order."""

    visit: Ints  # row in the visits
    number: Ints  # within the order, from 1
    product: Ints  # rows
    quantity: Ints
    seconds: Ints  # of the day


def order_lines(shop: SimulatedShop, now: Today, made: Visits) -> Lines:
    """Return what was bought on the visits."""
    visit, place = np.nonzero(made.carted & made.orders[:, None])
    product = made.shown[visit, place]
    visit, product = _with_partners(shop, now, made, visit, product)
    draws = uniform(shop.seed, Stream.HABITS + 100, cells_of(made, visit, product), 1)[:, 0]
    quantity = 1 + (draws[:, None] < np.array(EXTRA_UNIT_RATIOS)).sum(axis=1)
    first = np.searchsorted(visit, visit)
    last_view = 60 + 45 * made.viewed.sum(axis=1)
    return Lines(
        visit=visit,
        number=np.arange(len(visit)) - first + 1,
        product=product,
        quantity=quantity,
        seconds=(made.start_second + last_view)[visit],
    )


def cells_of(made: Visits, visit: Ints, product: Ints) -> Ints:
    """Return one number for each visit and product, for addressed draws."""
    return made.number[visit] * 4_099 + product


def _with_partners(
    shop: SimulatedShop, now: Today, made: Visits, visit: Ints, product: Ints
) -> tuple[Ints, Ints]:
    """Add partners of bought products, if they can be bought and are not in the order already."""
    partner = now.made.partner[product]
    draws = uniform(shop.seed, Stream.PAIRS + 100, cells_of(made, visit, product))[:, 0]
    can = (partner >= 0) & ~now.is_out[partner] & (now.made.launch[partner] <= now.day)
    takes = can & (draws < PARTNER_RATIO)
    n_products = len(now.made.leaf)
    bought = visit * n_products + product
    taken = visit[takes] * n_products + partner[takes]
    lines = np.unique(np.concatenate([bought, taken]))
    return lines // n_products, lines % n_products


@dataclass(frozen=True)
class Returns:
    """Which lines come back, and after how many seconds."""

    line: Ints
    delay_seconds: Ints


def returns(shop: SimulatedShop, made: Visits, lines: Lines) -> Returns:
    """Return the lines that are given back 2 to 14 days later."""
    cells = cells_of(made, lines.visit, lines.product)
    draws = uniform(shop.seed, Stream.RETURNS, cells, 2)
    line = np.nonzero(draws[:, 0] < RETURN_RATIO)[0]
    days = 2 + 12 * draws[line, 1]
    return Returns(line, (days * 86_400).astype(np.int64))


def expected_units(now: Today, made: Visits) -> Floats:
    """Return each product's expected units on these visits, had nothing been out of stock.

    Given who came and what they were shown; shape (n_products,). Partners count with the share of
    lines that would take them along, which is a little more than happens where the order already
    holds the partner.
    """
    bought = made.view_probability * made.cart_probability * ORDER_RATIO
    n_products = len(now.made.leaf)
    real = made.shown >= 0
    lines = np.bincount(made.shown[real], bought[real], n_products)
    partner, has = now.made.partner, now.made.partner >= 0
    along = np.bincount(partner[has], PARTNER_RATIO * lines[has], n_products)
    along[now.made.launch > now.day] = 0
    return np.asarray((lines + along) * EXPECTED_UNITS_PER_LINE)
