"""A shop whose demand is known: what the simulator's shoppers would buy, and suppliers who send it.

Demand is drawn from the simulator's own truth (`simulator.orders.expected_units`): visits by weekday
and season, categories by season, choices by price, so that promotions show. Suppliers differ in
how long they take, and each order varies.
"""

import datetime as dt
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.planning.lead_times import Floats, Ints
from models.planning.reorder import Terms
from simulator.catalogue import catalogue
from simulator.orders import expected_units
from simulator.shop import SimulatedShop
from simulator.visits import n_chunks, today, visits

LAST_DAY = dt.date(2024, 12, 15)
SUPPLIER_DAYS = (2.0, 3.0, 4.0, 5.0, 7.0, 9.0, 12.0, 16.0)
"""Mean lead time of each supplier; a single order's is gamma distributed around it."""
LEAD_VARIATION = 0.35  # standard deviation over mean
PACK_SIZES = np.array([1, 4, 6, 12, 24])
PACK_DAYS = 7.0  # a pack is at most so many days' demand: suppliers pack what sells by the dozen
COST_RATIO = 0.6  # of the price


@dataclass(frozen=True)
class World:
    """Arrays of n products: what is wanted each day, and how it can be had.

    Parameters
    ----------
    demand : array of shape (n, n_days)
        Units wanted, whether or not they are there.
    lead_days : array of shape (n, n_days)
        Days until an order comes that is placed in the evening of the day; at least 1.
    stated_days
        What the product's supplier says it takes: the mean.
    """

    demand: Floats
    lead_days: Ints
    supplier: Ints
    stated_days: Floats
    margin_cents: Floats
    terms: Terms
    first_weekday: int


def simulated(n_products: int, n_shoppers: int, n_days: int, seed: int) -> World:
    """Return a shop of the products that are on sale from the first day."""
    shop = SimulatedShop(LAST_DAY, n_days, n_products=n_products, n_shoppers=n_shoppers, seed=seed)
    made, rng = catalogue(shop), np.random.default_rng(seed)
    listed = np.nonzero(made.launch <= shop.first)[0]
    expected = np.stack(
        [expected_of_a_day(shop, day)[listed] for day in range(shop.first, shop.last + 1)]
    )
    n, price = len(listed), made.base_price_cents[listed].astype(np.float64)
    supplier = rng.integers(0, len(SUPPLIER_DAYS), n)
    stated = np.array(SUPPLIER_DAYS)[supplier]
    shape = LEAD_VARIATION**-2
    varied = rng.gamma(shape, stated[:, None] / shape, (n, n_days))
    pack = _packs(expected.mean(axis=0), rng)
    cost = np.rint(COST_RATIO * price)
    return World(
        demand=rng.poisson(expected.T).astype(np.float64),
        lead_days=np.maximum(1, np.rint(varied)).astype(np.int64),
        supplier=supplier,
        stated_days=stated,
        margin_cents=price - cost,
        terms=Terms(cost, pack, pack * rng.integers(1, 3, n), np.full(n, np.inf)),
        first_weekday=shop.first_day.weekday(),
    )


def _packs(units_per_day: Floats, rng: np.random.Generator) -> Floats:
    """Return a pack size for each product, one of those that are not too large for it."""
    n_that_do = np.maximum(1, np.searchsorted(PACK_SIZES, PACK_DAYS * units_per_day, side="right"))
    return PACK_SIZES[rng.integers(0, n_that_do)].astype(np.float64)


def expected_of_a_day(shop: SimulatedShop, day: int) -> NDArray[np.float64]:
    """Return the units that are wanted of each product on a day, in the mean."""
    now = today(shop, day)
    chunks = range(n_chunks(shop))
    return np.asarray(sum(expected_units(now, visits(shop, now, chunk)) for chunk in chunks))
