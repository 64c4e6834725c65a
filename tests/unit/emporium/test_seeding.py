"""Supply terms of a shop whose logs know none (emporium.seeding)."""

import datetime as dt

import pyarrow as pa

from emporium.seeding import assumed_terms

NOON = dt.datetime(2026, 5, 1, 12, tzinfo=dt.UTC)


def test_a_products_seller_supplies_it_in_packs_by_its_newest_price():
    hours = [0, 1, 0, 0, 0]
    products = pa.table(
        {
            "product_id": [1, 1, 2, 3, 4],
            "occurred_at": [NOON + dt.timedelta(hours=n) for n in hours],
            "seller_id": [7, 8, None, 7, 7],
            "price_cents": [9_000, 999, 1_000, 4_999, 5_000],
        }
    )

    found = assumed_terms(products)

    assert list(zip(*found.to_pydict().values(), strict=True)) == [
        (1, "seller 8", 599, 12, 24),
        (2, "the shop's own", 600, 6, 6),
        (3, "seller 7", 2_999, 6, 6),
        (4, "seller 7", 3_000, 1, 1),
    ]
