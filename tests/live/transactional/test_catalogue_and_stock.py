"""Products, their loading, and stock movements (transactional.catalogue, transactional.stock)."""

import datetime as dt

import pytest

from features.schemas.logs import ProductVersion, StockLevel
from tests.live.transactional.conftest import LAST_YEAR, level, product
from transactional.catalogue.loading import load_products, load_stock, reserve_customer_ids

pytestmark = pytest.mark.live
AVAILABLE = "select product_id, n_on_hand - n_reserved as n_available from stock order by 1"


async def test_a_product_is_shown_with_price_and_units(client, stocked):
    await stocked({4: 9}, price_cents=1999)

    shown = (await client.get("/api/v1/catalogue/products/4")).json()

    assert shown["price_cents"] == 1999
    assert shown["n_available"] == 9
    assert shown["category_path"] == "Home > Lamps"
    assert shown["attributes"] == {"colour": "red"}


async def test_an_unknown_product_is_a_problem_that_says_so(client):
    answer = await client.get("/api/v1/catalogue/products/4")

    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "/problems/unknown-product"
    assert answer.json()["instance"] == "/api/v1/catalogue/products/4"


async def test_the_latest_version_counts_and_loading_leaves_no_events(migrated, client, rows):
    later = LAST_YEAR + dt.timedelta(days=1)

    await load_products(migrated, [product(1, 300, at=later), product(1, 200)])

    assert (await client.get("/api/v1/catalogue/products/1")).json()["price_cents"] == 300
    assert rows("select 1 from outbox") == []


async def test_loading_the_same_rows_again_takes_back_nothing(migrated, client, stocked, shopper):
    await stocked({1: 5})
    ops = shopper(role="ops")
    await client.patch("/api/v1/catalogue/products/1", json={"price_cents": 77}, headers=ops)
    movement = {"product_id": 1, "delta": -2, "reason": "corrected"}
    await client.post("/api/v1/stock/movements", json=movement, headers=ops)

    await stocked({1: 5})

    shown = (await client.get("/api/v1/catalogue/products/1")).json()
    assert (shown["price_cents"], shown["n_available"]) == (77, 3)


async def test_a_level_of_an_unknown_product_is_left_out(migrated, rows):
    await load_products(migrated, [product(1)])

    await load_stock(migrated, [level(1, 5), level(2, 5)])

    assert rows(AVAILABLE) == [{"product_id": 1, "n_available": 5}]


async def test_new_customers_get_ids_above_the_loaded_logs(migrated, shopper, rows):
    await reserve_customer_ids(migrated, highest_customer_id=20_000)

    shopper()

    assert rows("select customer_id from accounts") == [{"customer_id": 20_001}]


async def test_reserving_fewer_ids_than_are_used_moves_nothing_back(migrated, rows):
    await reserve_customer_ids(migrated, highest_customer_id=50)
    await reserve_customer_ids(migrated, highest_customer_id=10)

    sequence = "pg_get_serial_sequence('accounts', 'customer_id')"
    assert rows(f"select nextval({sequence}) as next") == [{"next": 51}]


async def test_an_operators_change_leaves_as_a_whole_product_version(
    client, stocked, shopper, rows
):
    await stocked({1: 5})

    changed = await client.patch(
        "/api/v1/catalogue/products/1",
        json={"price_cents": 500, "status": "archived"},
        headers=shopper(role="ops"),
    )

    [event] = rows("select topic, key, body, recorded_at from outbox")
    version = ProductVersion(**event["body"], date=event["recorded_at"].date())
    assert changed.json()["status"] == "archived"
    assert (event["topic"], event["key"]) == ("products", "1")
    assert (version.price_cents, version.status, version.title) == (500, "archived", "Product 1")
    assert version.category_path == "Home > Lamps"


async def test_a_movement_changes_the_stock_and_is_logged(client, stocked, shopper, rows):
    await stocked({1: 5})

    answer = await client.post(
        "/api/v1/stock/movements",
        json={"product_id": 1, "delta": 7, "reason": "received"},
        headers=shopper(role="ops"),
    )

    [event] = rows("select body, recorded_at from outbox where topic = 'stock_levels'")
    logged = StockLevel(**event["body"], date=event["recorded_at"].date())
    assert answer.json() == {"product_id": 1, "n_available": 12}
    assert (logged.n_available, logged.reason) == (12, "received")


async def test_more_than_there_is_cannot_be_taken_out(client, stocked, shopper, rows):
    await stocked({1: 5})

    answer = await client.post(
        "/api/v1/stock/movements",
        json={"product_id": 1, "delta": -6, "reason": "corrected"},
        headers=shopper(role="ops"),
    )

    assert (answer.status_code, answer.json()["n_available"]) == (409, 5)
    assert rows(AVAILABLE) == [{"product_id": 1, "n_available": 5}]
    assert rows("select 1 from outbox") == []


async def test_a_movement_of_an_unknown_product_is_refused(client, shopper):
    movement = {"product_id": 4, "delta": 1, "reason": "received"}

    answer = await client.post(
        "/api/v1/stock/movements", json=movement, headers=shopper(role="ops")
    )

    assert answer.json()["type"] == "/problems/unknown-product"


@pytest.mark.parametrize(
    "request_",
    [
        ("PATCH", "/api/v1/catalogue/products/1", {"price_cents": 1}),
        (
            "POST",
            "/api/v1/stock/movements",
            {"product_id": 1, "delta": 1, "reason": "received"},
        ),
    ],
)
async def test_shoppers_and_strangers_change_nothing(client, stocked, shopper, rows, request_):
    await stocked({1: 5})

    method, path, body = request_
    as_shopper = await client.request(method, path, json=body, headers=shopper())
    as_stranger = await client.request(method, path, json=body)

    assert (as_shopper.status_code, as_stranger.status_code) == (403, 401)
    assert rows("select price_cents, n_on_hand from products join stock using (product_id)") == [
        {"price_cents": 1000, "n_on_hand": 5}
    ]
