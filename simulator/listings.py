"""Products, their stock and the customers as rows of their logs."""

import json

import numpy as np
import pyarrow as pa

from features.schemas.logs import Customer, ProductVersion, StockLevel
from simulator.catalogue import Catalogue, catalogue, prices, wording
from simulator.columns import constant, joined, table, text, timestamps
from simulator.draws import Ints, Stream, uniform
from simulator.seasons import BLOCK_DAYS, is_out_of_stock, promotion, stock_out
from simulator.shop import SimulatedShop, start_ms
from simulator.shoppers import regions, registration_days
from simulator.words import LEAVES, category_ids

CHUNK = 5_000
N_SELLERS_PER_BRAND = 2


def product_versions(shop: SimulatedShop, products: Ints) -> pa.Table:
    """Return each product as it was launched and after every change of its price."""
    made = catalogue(shop)
    product, day = _changes(shop, made, products, "price")
    price = np.concatenate(
        [prices(shop, number, product[day == number]) for number in np.unique(day)]
    )
    ids = category_ids()
    paths = [LEAVES[leaf].path for leaf in made.leaf[product].tolist()]
    words = [wording(made, row) for row in product.tolist()]
    ms = np.array([start_ms(number) for number in range(shop.first, shop.last + 1)])[
        day - shop.first
    ]
    columns = {
        "event_id": joined("sim-p", text(product + 1), "-", text(day)),
        "occurred_at": timestamps(ms),
        "product_id": text(product + 1),
        "external_id": joined("SIM-", text(product + 1)),
        "title": pa.array([word.title for word in words]),
        "description": pa.array([word.description for word in words]),
        "category_id": pa.array([str(ids[path]) for path in paths]),
        "category_path": pa.array(paths),
        "brand": pa.array([word.brand for word in words]),
        "seller_id": text(made.brand[product] * N_SELLERS_PER_BRAND + product % 2 + 1),
        "price_cents": text(price),
        "attributes": pa.array([json.dumps(word.attributes) for word in words]),
        "status": constant("published", len(product)),
    }
    return table(ProductVersion, columns, ms)


def stock_levels(shop: SimulatedShop, products: Ints) -> pa.Table:
    """Return the opening level of each product and every stock-out's begin and end."""
    made = catalogue(shop)
    product, day = _changes(shop, made, products, "stock")
    is_out = np.concatenate(
        [
            is_out_of_stock(shop.seed, product[day == n] + 1, n, shop.stock_out_ratio)
            for n in np.unique(day)
        ]
    )
    level = np.floor(50 + 450 * uniform(shop.seed, Stream.STOCK_OUT, product + 1)[:, 0])
    is_opening = day == made.launch[product]
    reason = np.where(is_opening, "opening", np.where(is_out, "sold", "received"))
    ms = np.array([start_ms(number) for number in range(shop.first, shop.last + 1)])[
        day - shop.first
    ]
    columns = {
        "event_id": joined("sim-k", text(product + 1), "-", text(day)),
        "occurred_at": timestamps(ms),
        "product_id": text(product + 1),
        "n_available": text(np.where(is_out, 0, level).astype(np.int64)),
        "reason": pa.array(reason),
        "warehouse_id": constant(None, len(product)),
        "n_available_there": constant(None, len(product)),
    }
    return table(StockLevel, columns, ms)


def _changes(shop: SimulatedShop, made: Catalogue, products: Ints, of: str) -> tuple[Ints, Ints]:
    """Return (product, day) of each launch and of each change of price or stock, by day."""
    found = [(products, made.launch[products])]
    for block in range(shop.first // BLOCK_DAYS, shop.last // BLOCK_DAYS + 1):
        if of == "price":
            start, end, _ = promotion(shop.seed, products + 1, block)
        else:
            start, end = stock_out(shop.seed, products + 1, block, shop.stock_out_ratio)
        found += [(products[start < end], days[start < end]) for days in (start, end)]
    product = np.concatenate([rows for rows, _ in found])
    day = np.concatenate([days for _, days in found])
    kept = (day >= made.launch[product]) & (day <= shop.last)
    # One row per product and day, days in order.
    pairs = np.unique(np.stack([day[kept], product[kept]]), axis=1)
    return pairs[1], pairs[0]


def customers(shop: SimulatedShop, ids: Ints) -> pa.Table:
    """Return the shoppers' registrations."""
    day = registration_days(shop, ids)
    ms = np.array([start_ms(number) for number in range(shop.first, shop.last + 1)])[
        day - shop.first
    ]
    columns = {
        "event_id": joined("sim-u", text(ids)),
        "occurred_at": timestamps(ms),
        "customer_id": text(ids),
        "region": pa.array(regions(ids), pa.string()),
    }
    return table(Customer, columns, ms)
