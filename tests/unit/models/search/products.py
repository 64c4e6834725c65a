"""Documents as the shop would write them, for tests of the index."""

import json

from models.search.index import Index
from models.search.writing import write_shard


def document(product_id, title, **values):
    """Return a product in stock for 10.00, of no category, that nobody bought or reviewed."""
    return {
        "product_id": product_id,
        "title": title,
        "description": "",
        "category_id": None,
        "category_path": None,
        "brand": None,
        "seller_id": None,
        "price_cents": 1_000,
        "attributes": "{}",
        "in_stock": True,
        "popularity": 0.0,
        "n_units_28d": 0,
        "mean_rating": None,
        "n_reviews": 0,
        "listed_on": None,
        **values,
    }


def write_index(folder, documents, n_shards=2):
    """Write an index as the job does."""
    names = [f"shard-{number}" for number in range(n_shards)]
    for number, name in enumerate(names):
        write_shard(folder / name, documents[number::n_shards])
    (folder / "manifest.json").write_text(json.dumps({"date": "2026-01-31", "shards": names}))


def index_of(folder, documents, n_shards=2):
    """Write an index and open it."""
    write_index(folder, documents, n_shards)
    return Index.open(folder)
