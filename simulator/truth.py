"""The truth behind the logs, for tests that score a model against it."""

import numpy as np
import pyarrow as pa

from simulator.catalogue import N_DIMENSIONS, catalogue
from simulator.draws import Floats, Ints
from simulator.reviews import qualities
from simulator.shop import SimulatedShop, day_of
from simulator.shoppers import N_INTERESTS, shoppers
from simulator.words import LEAVES, category_ids

SHOPPER_TASTES = pa.schema(
    [
        ("customer_id", pa.int64()),
        ("category_ids", pa.list_(pa.int64())),
        ("taste", pa.list_(pa.float64())),
        ("budget", pa.float64()),
        ("price_sensitivity", pa.float64()),
    ]
)
PRODUCT_TASTES = pa.schema(
    [
        ("product_id", pa.int64()),
        ("category_id", pa.int64()),
        ("vector", pa.list_(pa.float64())),
        ("popularity", pa.float64()),
    ]
)
PRODUCT_TRUTH = pa.schema(
    [("product_id", pa.int64()), ("day", pa.date32()), ("expected_units", pa.float64())]
)
PRODUCT_QUALITIES = pa.schema([("product_id", pa.int64()), ("quality", pa.float64())])
COMPLEMENTS = pa.schema([("product_id", pa.int64()), ("other_product_id", pa.int64())])

_LEAF_IDS = np.array([category_ids()[leaf.path] for leaf in LEAVES])


def shopper_tastes(shop: SimulatedShop, ids: Ints) -> pa.Table:
    """Return what these shoppers like; categories dearest first."""
    who = shoppers(shop, ids)
    interests = _LEAF_IDS[who.interests].reshape(-1, N_INTERESTS)
    columns = [ids, interests.tolist(), who.taste.tolist(), who.budget, who.price_sensitivity]
    return pa.table(columns, SHOPPER_TASTES)


def product_tastes(shop: SimulatedShop, products: Ints) -> pa.Table:
    """Return what these products are like; the dot product with a taste is the appeal."""
    made = catalogue(shop)
    vectors = made.vectors[products].astype(np.float64).reshape(-1, N_DIMENSIONS)
    columns = [
        products + 1,
        _LEAF_IDS[made.leaf[products]],
        vectors.tolist(),
        made.popularity[products],
    ]
    return pa.table(columns, PRODUCT_TASTES)


def product_qualities(shop: SimulatedShop, products: Ints) -> pa.Table:
    """Return what these products turn out to be like; their stars follow it."""
    return pa.table([products + 1, qualities(shop, products)], PRODUCT_QUALITIES)


def product_truth(day: int, units: Floats) -> pa.Table:
    """Return the day's expected units of every product without stock-outs; zeros left out."""
    wanted = np.nonzero(units)[0]
    dates = np.full(len(wanted), np.datetime64(day_of(day)))
    return pa.table([wanted + 1, dates, units[wanted]], PRODUCT_TRUTH)


def complements(shop: SimulatedShop, products: Ints) -> pa.Table:
    """Return the planted pairs, each once from either side."""
    partner = catalogue(shop).partner[products]
    has = partner >= 0
    return pa.table([products[has] + 1, partner[has] + 1], COMPLEMENTS)
