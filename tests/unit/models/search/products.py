"""Documents as the shop would write them, for tests of the index."""

import datetime as dt
import json

from models.search.index import Index
from models.search.writing import write_shard

PRODUCTS = """
    id | title                  | category            | brand    | cents | stock | popularity | sold | stars | since
    1  | Red desk lamp          | 10 Home > Lamps     | Lumo     | 2000  | yes   | 5          | 3    | 4.5   | 2026-01-01
    2  | Desk with drawers      | 20 Home > Desks     | Holz     | 9000  | yes   | 9          | 2    | 3.2   | 2026-01-03
    3  | Lamp shade             | 10 Home > Lamps     | Lumo     | 500   | no    | 1          | 0    |       | 2026-01-04
    4  | Running shoes for men  | 30 Sport > Shoes    | Fleet    | 7000  | yes   | 7          | 9    | 4.0   | 2026-01-05
    5  | Crème brûlée torch     | 40 Home > Kitchen   |          | 3000  | yes   | 0          | 1    | 5.0   | 2026-01-02
    6  | Wall clock             | 50 Home > Clocks    | Lumo     | 2500  | yes   | 2          | 4    |       | 2026-01-06
"""

UNKNOWN = dict.fromkeys(
    ["n_views_28d", "n_carts_28d", "look_ratio", "conversion_ratio", "category_price_ratio"]
)
"""What nobody looked at."""


def documents():
    """Return the products of the table."""
    header, *lines = (line.strip() for line in PRODUCTS.strip().splitlines())
    names = [name.strip() for name in header.split("|")]
    for line in lines:
        row = dict(zip(names, (cell.strip() for cell in line.split("|")), strict=True))
        category_id, path = row["category"].split(" ", 1)
        yield {
            "product_id": int(row["id"]),
            "title": row["title"],
            "description": "goes well with a lamp" if row["id"] == "6" else "",
            "category_id": int(category_id),
            "category_path": path,
            "brand": row["brand"] or None,
            "seller_id": 1 + int(row["id"]) % 2,
            "price_cents": int(row["cents"]),
            "attributes": json.dumps({"colour": "crimson"} if row["id"] == "1" else {}),
            "in_stock": row["stock"] == "yes",
            "popularity": float(row["popularity"]),
            **UNKNOWN,
            "n_units_28d": int(row["sold"]),
            "mean_rating": float(row["stars"]) if row["stars"] else None,
            "n_reviews": 1 if row["stars"] else 0,
            "listed_on": dt.date.fromisoformat(row["since"]),
        }


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
        **UNKNOWN,
        "n_units_28d": 0,
        "mean_rating": None,
        "n_reviews": 0,
        "listed_on": None,
        **values,
    }


def write_index(folder, products, n_shards=2):
    """Write an index as the job does."""
    build_index(folder, [products[number::n_shards] for number in range(n_shards)])


def index_of(folder, products, n_shards=2):
    """Write an index and open it."""
    write_index(folder, products, n_shards)
    return Index.open(folder)


def build_index(folder, shards):
    """Write an index of these shards and open it."""
    names = [f"shard-{number:04}" for number in range(len(shards))]
    for name, part in zip(names, shards, strict=True):
        write_shard(folder / name, part)
    (folder / "manifest.json").write_text(json.dumps({"date": "2026-01-31", "shards": names}))
    return Index.open(folder)
