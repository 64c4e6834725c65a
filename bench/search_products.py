"""Products of a simulated shop as the search index takes them, any number of them."""

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from models.search.documents import SCHEMA
from simulator.catalogue import Catalogue, catalogue, prices, wording
from simulator.shop import SimulatedShop
from simulator.words import LEAVES, category_ids

DAY = dt.date(2026, 1, 31)
N_PER_PART = 50_000


def write_products(n_products: int, folder: Path) -> None:
    """Write Parquet files of `SCHEMA`."""
    folder.mkdir(parents=True)
    shop = SimulatedShop(last_day=DAY, n_days=30, n_products=n_products, n_shoppers=1)
    made = catalogue(shop)
    for start in range(0, n_products, N_PER_PART):
        rows = range(start, min(start + N_PER_PART, n_products))
        pq.write_table(_part(shop, made, rows), folder / f"part-{start:09}.parquet")


def batches(folder: Path) -> Iterator[pa.RecordBatch]:
    """Read them again."""
    for path in sorted(folder.glob("*.parquet")):
        yield from pq.read_table(path).to_batches(10_000)


def _part(shop: SimulatedShop, made: Catalogue, rows: range) -> pa.Table:
    places = np.arange(rows.start, rows.stop)
    random = np.random.default_rng([shop.seed, rows.start])
    ids = category_ids()
    paths = [LEAVES[leaf].path for leaf in made.leaf[places].tolist()]
    words = [wording(made, row) for row in rows]
    n_reviews = random.poisson(1.0, len(places))
    columns = {
        "product_id": places + 1,
        "title": [word.title for word in words],
        "description": [word.description for word in words],
        "category_id": [ids[path] for path in paths],
        "category_path": paths,
        "brand": [word.brand for word in words],
        "seller_id": made.brand[places] * 2 + places % 2 + 1,
        "price_cents": prices(shop, shop.last, places),
        "attributes": [json.dumps(word.attributes) for word in words],
        "in_stock": random.random(len(places)) < 0.95,
        "popularity": made.popularity[places].astype(float),
        "n_views_28d": random.poisson(60.0, len(places)),
        "n_carts_28d": random.poisson(6.0, len(places)),
        "n_units_28d": random.poisson(2.0, len(places)),
        "look_ratio": random.beta(2, 8, len(places)),
        "conversion_ratio": random.beta(2, 38, len(places)),
        "category_price_ratio": random.lognormal(0, 0.4, len(places)),
        "mean_rating": [
            stars if n else None
            for stars, n in zip(random.uniform(1, 5, len(places)).tolist(), n_reviews, strict=True)
        ],
        "n_reviews": n_reviews,
        "listed_on": [
            DAY - dt.timedelta(days=int(age)) for age in random.integers(0, 900, len(places))
        ],
    }
    return pa.table(columns, schema=SCHEMA)
