"""What became of products is where serving reads it within a second (transactional.live_products)."""

import datetime as dt

import pytest

from features.schemas.live_products import LIVE_CHANGES, LIVE_PRODUCTS, LiveProduct
from tests.live.transactional.conftest import doing, level, product, seconds_until
from transactional import worker
from transactional.catalogue.loading import load_products, load_stock
from transactional.deps import utc_now
from transactional.live_products.publishing import EVERY, LivePublishing

pytestmark = pytest.mark.live
PRODUCTS = "/api/v1/catalogue/products"


@pytest.fixture
async def ops(shopper, migrated):
    """An operator of a shop with products 1 and 2, five units of each, as they were last year."""
    await load_products(migrated, [product(1), product(2)])
    await load_stock(migrated, [level(1, 5), level(2, 5)])
    return shopper(role="ops")


@pytest.fixture
async def working(engine, redis):
    async with doing(worker.live_product_duties(engine, redis)):
        yield


async def told(redis):
    """What serving reads: of each product price, stock and title, or None."""
    found = [LiveProduct.model_validate_json(each) for each in await redis.hvals(LIVE_PRODUCTS)]
    return {
        each.product_id: each.listed
        and (each.listed.title, each.listed.price_cents, each.listed.in_stock)
        for each in found
    }


def until_told(redis, expected):
    """Wait until serving reads that, and return for how many seconds."""
    return seconds_until(lambda: told(redis), expected)


async def move(client, ops, product_id, delta):
    body = {"product_id": product_id, "delta": delta, "reason": "corrected"}
    answer = await client.post("/api/v1/stock/movements", json=body, headers=ops)
    assert answer.status_code == 201, answer.text


async def change(client, ops, product_id, **body):
    answer = await client.patch(f"{PRODUCTS}/{product_id}", json=body, headers=ops)
    assert answer.status_code == 200, answer.text


@pytest.mark.usefixtures("working")
async def test_prices_stock_and_visibility_are_told_as_they_change(
    client, ops, redis, record_property
):
    seconds = [await until_told(redis, {})]
    await change(client, ops, 1, price_cents=1_200, title="Lamp")
    seconds.append(await until_told(redis, {1: ("Lamp", 1_200, True)}))
    await move(client, ops, 2, -5)
    seconds.append(
        await until_told(redis, {1: ("Lamp", 1_200, True), 2: ("Product 2", 1_000, False)})
    )
    await change(client, ops, 1, status="archived")
    seconds.append(await until_told(redis, {1: None, 2: ("Product 2", 1_000, False)}))

    for each in seconds[1:]:
        record_property("seconds until serving can read a product", each)
    assert await redis.xlen(LIVE_CHANGES) == 3


@pytest.mark.usefixtures("working")
async def test_units_that_leave_some_are_no_news(client, ops, redis):
    await move(client, ops, 1, -1)
    await until_told(redis, {1: ("Product 1", 1_000, True)})
    for delta in (-2, -1):
        await move(client, ops, 1, delta)
    await move(client, ops, 2, -5)
    await until_told(redis, {1: ("Product 1", 1_000, True), 2: ("Product 2", 1_000, False)})

    entries = [
        LiveProduct.model_validate_json(f["product"]) for _, f in await redis.xrange(LIVE_CHANGES)
    ]
    assert [each.product_id for each in entries] == [1, 2]


@pytest.mark.usefixtures("working")
async def test_a_redis_that_lost_all_is_told_again(client, ops, redis):
    await change(client, ops, 1, price_cents=1_200)
    await until_told(redis, {1: ("Product 1", 1_200, True)})

    await redis.flushall()

    await until_told(redis, {1: ("Product 1", 1_200, True)})


async def test_what_is_older_than_two_weeks_is_forgotten(engine, client, ops, redis):
    await change(client, ops, 1, price_cents=1_200)
    now = utc_now()
    publishing = LivePublishing(engine, redis, lambda: now)
    assert await publishing.keep_live_products() == 1
    now += EVERY / 2
    assert await publishing.keep_live_products() == 0  # not due

    now += dt.timedelta(days=14)

    assert await publishing.keep_live_products() == 0
    assert await told(redis) == {}


async def test_a_draft_is_never_told(client, ops, redis, engine):
    body = {
        "title": "Secret",
        "description": "",
        "price_cents": 5,
        "seller_id": 3,
        "attributes": {},
    }
    made = await client.post(PRODUCTS, json=body, headers=ops)
    assert made.status_code == 201, made.text

    await LivePublishing(engine, redis, utc_now).keep_live_products()

    assert await told(redis) == {made.json()["product_id"]: None}
    assert "Secret" not in str(await redis.hgetall(LIVE_PRODUCTS))
