"""Carts (transactional.carts)."""

import asyncio
import datetime as dt
import signal
import time

import pytest
import redis
import sqlalchemy as sa

from emporium import redis as redis_process
from emporium.ports import free_port, is_listening
from tests import services
from tests.live.transactional.conftest import client_of, running
from tests.live.transactional.ordering import place
from tests.live.transactional.wire import wire_to
from transactional.deps import utc_now

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


@pytest.fixture
def price(database):
    """Set a product's price behind everybody's back."""
    return lambda product_id, cents: database.execute(
        sa.text("update products set price_cents = :cents where product_id = :id"),
        {"cents": cents, "id": product_id},
    )


@pytest.fixture
def later(monkeypatch):
    """Let the carts' clock run ahead."""

    def move(**duration):
        ahead = dt.timedelta(**duration)
        monkeypatch.setattr("transactional.carts.deps.utc_now", lambda: utc_now() + ahead)

    return move


async def test_a_price_is_promised_for_a_quarter_of_an_hour_and_then_told(
    client, stocked, shopper, price, later
):
    await stocked({1: 5}, price_cents=250)
    ann = shopper()
    await put(client, ann, 1, 2)
    price(1, 300)

    promised = (await client.get(CART, headers=ann)).json()
    later(minutes=15, seconds=1)
    over, again = [(await client.get(CART, headers=ann)).json() for _ in range(2)]

    assert (promised["total_cents"], promised["notices"]) == (500, [])
    assert over["total_cents"] == again["total_cents"] == 600
    assert over["notices"] == [{"product_id": 1, "was_cents": 250, "now_cents": 300}]
    assert again["notices"] == []


async def test_an_order_from_the_cart_costs_what_the_cart_promised(client, stocked, shopper, price):
    await stocked({1: 5, 2: 5}, price_cents=250)
    ann = shopper()
    for product_id in (1, 2):
        await put(client, ann, product_id, 1)
    price(1, 300)
    price(2, 200)

    order = await client.post("/api/v1/orders", json=VISA, headers={**ann, "Idempotency-Key": "k"})

    assert [line["unit_price_cents"] for line in order.json()["lines"]] == [250, 200]
    assert (await client.get(CART, headers=ann)).json()["lines"] == []


async def test_an_order_at_a_price_whose_promise_is_over_is_refused(
    client, stocked, shopper, price, redis_url
):
    await stocked({1: 5}, price_cents=250)
    ann = shopper()
    await put(client, ann, 1, 1)
    price(1, 300)
    with redis.Redis.from_url(redis_url) as store:
        [key] = store.keys("cart:*")
        store.hset(key, "1", "1:250:1700000000")

    refused = await client.post(
        "/api/v1/orders", json=VISA, headers={**ann, "Idempotency-Key": "k"}
    )
    await client.get(CART, headers=ann)
    ordered = await client.post(
        "/api/v1/orders", json=VISA, headers={**ann, "Idempotency-Key": "l"}
    )

    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/price-changed")
    assert ordered.json()["total_cents"] == 300


async def test_a_cart_is_filled_at_once_or_not_at_all(client, stocked, shopper):
    await stocked({1: 5, 2: 5})
    ann = shopper()
    lines = [{"product_id": 1, "quantity": 2}, {"product_id": 2, "quantity": 1}]

    filled = await client.put(CART, json={"lines": lines}, headers=ann)
    unknown = await client.put(
        CART, json={"lines": [{"product_id": 9, "quantity": 1}]}, headers=ann
    )

    assert filled.json()["total_cents"] == 3000
    assert unknown.status_code == 404
    assert (await client.get(CART, headers=ann)).json()["total_cents"] == 3000


async def guest_cart(client):
    token = (await client.post("/api/v1/carts")).json()["cart_token"]
    return {"Cart-Token": token}


async def test_a_guest_has_a_cart_by_a_token(client, stocked):
    await stocked({1: 5})
    guest, other = await guest_cart(client), await guest_cart(client)

    await put(client, guest, 1, 2)

    assert (await client.get(CART, headers=guest)).json()["total_cents"] == 2000
    assert (await client.get(CART, headers=other)).json()["lines"] == []


@pytest.mark.parametrize(
    ("headers", "status", "type_"),
    [
        pytest.param({}, 401, "/problems/unauthorised", id="nobody"),
        pytest.param({"Cart-Token": "x" * 43}, 404, "/problems/unknown-cart", id="never given out"),
        pytest.param({"Cart-Token": "short"}, 422, "/problems/invalid-request", id="no token"),
    ],
)
async def test_a_cart_needs_somebody_it_belongs_to(client, headers, status, type_):
    answer = await client.get(CART, headers=headers)

    assert (answer.status_code, answer.json()["type"]) == (status, type_)


async def test_at_log_in_the_guests_cart_becomes_part_of_the_customers(client, stocked):
    await stocked({1: 5, 2: 5})
    ann = {"email": "ann@example.com", "password": "correct horse battery"}
    await client.post("/api/v1/accounts", json=ann)
    guest = await guest_cart(client)
    await put(client, guest, 1, 2)

    for _ in range(2):
        token = (await client.post("/api/v1/tokens", json=ann, headers=guest)).json()
        customer = {"Authorization": f"Bearer {token['access_token']}"}

    cart = (await client.get(CART, headers=customer)).json()
    assert [(line["product_id"], line["quantity"]) for line in cart["lines"]] == [(1, 2)]
    assert (await client.get(CART, headers=guest)).status_code == 404


@pytest.fixture
def own_redis(tmp_path):
    """A Redis of this test's own, which it may stop: (URL, process)."""
    port = free_port()
    command = redis_process.command(tmp_path, port)
    with services.running(command, tmp_path / "redis.log", lambda: is_listening(port)) as process:
        yield redis_process.url(port), process


async def test_a_redis_that_hangs_is_told_in_time_and_is_back_by_itself(
    settings, provider, stocked, own_redis
):
    await stocked({1: 5})
    url, process = own_redis
    hanging = settings.model_copy(update={"redis_url": url})
    async with running(hanging, provider) as app, client_of(app) as client:
        guest = await guest_cart(client)

        process.send_signal(signal.SIGSTOP)
        async with asyncio.timeout(10):  # its own limit is half a second, twice
            hung = [await client.get(CART, headers=guest) for _ in range(3)]
            product = await client.get("/api/v1/catalogue/products/1")
        process.send_signal(signal.SIGCONT)
        back = await client.get(CART, headers=guest)

    assert [answer.status_code for answer in hung] == [503] * 3
    assert [answer.headers["Retry-After"] for answer in hung] == ["2"] * 3
    assert (product.status_code, back.status_code) == (200, 200)


@pytest.mark.parametrize("seconds", [0.7, 5])
async def test_a_redis_that_is_slow_is_told_in_time_and_is_back_by_itself(
    settings, provider, stocked, shopper, seconds, record_property
):
    await stocked({1: 5})
    ann, late = shopper(), {"seconds": 0}
    port = int(settings.redis_url.rsplit(":", 1)[1].partition("/")[0])
    async with wire_to(port, lambda: asyncio.sleep(late["seconds"])) as slow_port:
        slow = settings.model_copy(update={"redis_url": redis_process.url(slow_port)})
        async with running(slow, provider) as app, client_of(app) as client:
            guest = await guest_cart(client)

            late["seconds"] = seconds
            told, took = [], []
            for _ in range(3):
                asked_at = time.monotonic()
                told.append(await client.get(CART, headers=guest))
                took.append(time.monotonic() - asked_at)
            product = await client.get("/api/v1/catalogue/products/1")
            order = await place(client, ann, {1: 1})
            late["seconds"] = 0
            back = await client.get(CART, headers=guest)

    record_property(f"Redis answers {seconds} s late", f"carts say so in {max(took):.2f} s")
    assert [answer.status_code for answer in told] == [503] * 3
    assert [answer.headers["Retry-After"] for answer in told] == ["2"] * 3
    others = (product.status_code, order.status_code, back.status_code)
    assert others == (200, 201, 200)
