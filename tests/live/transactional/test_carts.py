"""Carts (transactional.carts)."""

import pytest
import redis

from emporium.ports import free_port
from tests.live.transactional.conftest import client_of, running

pytestmark = pytest.mark.live
VISA = {"payment_method": "pm_card_visa"}
CART = "/api/v1/carts/mine"


async def put(client, shopper, product_id, quantity):
    body = {"quantity": quantity}
    return await client.put(f"{CART}/lines/{product_id}", json=body, headers=shopper)


async def test_a_cart_totals_its_lines_at_the_prices_of_now(client, stocked, shopper):
    await stocked({1: 5}, price_cents=250)
    await stocked({2: 5}, price_cents=1)
    ann = shopper()
    await put(client, ann, 1, 2)

    cart = (await put(client, ann, 2, 3)).json()

    assert [(line["product_id"], line["line_total_cents"]) for line in cart["lines"]] == [
        (1, 500),
        (2, 3),
    ]
    assert cart["total_cents"] == 503


async def test_a_line_is_replaced_and_taken_out(client, stocked, shopper):
    await stocked({1: 5})
    ann = shopper()
    await put(client, ann, 1, 2)

    replaced = (await put(client, ann, 1, 5)).json()
    emptied = (await client.delete(f"{CART}/lines/1", headers=ann)).json()

    assert [line["quantity"] for line in replaced["lines"]] == [5]
    assert emptied["lines"] == []


async def test_what_is_archived_stays_visible_but_is_not_counted(client, stocked, shopper):
    await stocked({1: 5})
    ann = shopper()
    await put(client, ann, 1, 2)
    archive = {"status": "archived"}
    await client.patch("/api/v1/catalogue/products/1", json=archive, headers=shopper(role="ops"))

    cart = (await client.get(CART, headers=ann)).json()

    assert cart["lines"][0]["for_sale"] is False
    assert cart["total_cents"] == 0


async def test_a_cart_is_its_customers_alone(client, stocked, shopper):
    await stocked({1: 5})
    await put(client, shopper(), 1, 2)

    assert (await client.get(CART, headers=shopper())).json()["lines"] == []


@pytest.mark.parametrize("quantity", [0, -1, 101, "many"])
async def test_quantities_are_1_to_100(client, shopper, quantity):
    assert (await put(client, shopper(), 1, quantity)).status_code == 422


async def test_a_cart_holds_100_products(client, stocked, shopper):
    await stocked(dict.fromkeys(range(1, 102), 5))
    ann = shopper()
    for product_id in range(1, 101):
        await put(client, ann, product_id, 1)

    one_more = await put(client, ann, 101, 1)
    another_of_the_first = await put(client, ann, 1, 2)

    assert (one_more.status_code, one_more.json()["type"]) == (409, "/problems/cart-full")
    assert another_of_the_first.status_code == 200


async def test_a_cart_expires_30_days_after_its_last_use(client, stocked, shopper, redis_url):
    await stocked({1: 5})
    ann = shopper()
    await put(client, ann, 1, 1)
    with redis.Redis.from_url(redis_url) as store:
        [key] = store.keys("cart:*")
        store.expire(key, 60)

        await client.get(CART, headers=ann)

        assert store.ttl(key) > 29 * 86400


async def test_without_redis_carts_answer_503_and_the_rest_goes_on(settings, stocked, provider):
    await stocked({1: 5})
    gone = settings.model_copy(update={"redis_url": f"redis://127.0.0.1:{free_port()}/0"})
    async with running(gone, provider) as app, client_of(app) as client:
        ann = {"email": "ann@example.com", "password": "correct horse battery"}
        registered = await client.post("/api/v1/accounts", json=ann)
        token = (await client.post("/api/v1/tokens", json=ann)).json()["access_token"]
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "k"}

        cart = await client.get(CART, headers=headers)
        from_cart = await client.post("/api/v1/orders", json=VISA, headers=headers)
        lines = {**VISA, "lines": [{"product_id": 1, "quantity": 1}]}
        order = await client.post("/api/v1/orders", json=lines, headers=headers)
        ready = await client.get("/readyz")

    assert registered.status_code == 201
    assert (cart.status_code, cart.headers["Retry-After"]) == (503, "2")
    assert from_cart.status_code == 503  # and its key stays free for the next try
    assert order.status_code == 201
    assert (ready.status_code, ready.json()["errors"][0]["field"]) == (503, "redis")
