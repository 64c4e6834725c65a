"""What the shop tells of products is in the next answers, without a new index (serving.search.current)."""

import datetime as dt
import json

import pytest
import redis as redis_client

from features.schemas.live_products import LIVE_CHANGES, LIVE_COUNT, LIVE_PRODUCTS
from tests.live.serving.conftest import N_PRODUCTS, is_ready, serving, until

pytestmark = pytest.mark.live
NOON = dt.datetime(2026, 2, 1, 12, tzinfo=dt.UTC)


@pytest.fixture
def shop(redis_url):
    """The shop's side: `shop(3, price_cents=5)` tells of product 3, `shop(3, listed=None)` that it is gone."""
    with redis_client.Redis.from_url(redis_url, decode_responses=True) as redis:

        def tell(product_id, listed=True, **values):
            message = {
                "product_id": product_id,
                "listed": now(product_id, **values) if listed else None,
                "changed_at": NOON.isoformat(),
            }
            redis.hset(LIVE_PRODUCTS, str(product_id), json.dumps(message))
            entry = {"n": redis.incr(LIVE_COUNT), "product": json.dumps(message)}
            redis.xadd(LIVE_CHANGES, entry)

        tell.redis = redis
        yield tell


def now(product_id, **values):
    """A product as the index has it, but for `values`."""
    return {
        "title": f"Lamp number{product_id}",
        "description": "",
        "category_id": 10 + product_id % 2,
        "category_path": "Home > Lamps",
        "brand": "Lumo" if product_id <= 3 else None,
        "seller_id": 1,
        "price_cents": 100 * product_id,
        "attributes": '{"colour": "red"}',
        "in_stock": True,
        **values,
    }


async def found(client, **params):
    answer = await client.get("/api/v1/products", params={"limit": 50} | params)
    return {each["product_id"]: each for each in answer.json()["products"]}


async def test_a_price_is_shown_filtered_and_sorted_by(client, shop):
    shop(12, price_cents=50)

    await until(async_true(lambda page: page[12]["price_cents"] == 50, client))
    assert list(await found(client, sort="price_asc", max_price=150)) == [12, 1]
    product = (await client.get("/api/v1/products/12")).json()
    assert (product["price_cents"], product["popularity"]) == (50, 12.0)


def async_true(holds, client, **params):
    async def check():
        return holds(await found(client, **params))

    return check


async def test_what_is_sold_out_is_not_in_stock_nor_recommended(client, shop):
    async def recommended():
        answer = await client.get(
            "/api/v1/recommendations", params={"type": "trending", "limit": 20}
        )
        return {each["product_id"] for each in answer.json()["items"]}

    assert 11 in await recommended()
    shop(11, in_stock=False)

    await until(async_true(lambda page: 11 not in page, client, in_stock=True))
    assert 11 not in await recommended()


async def test_what_is_hidden_is_gone_from_search_suggestions_pages_and_recommendations(
    client, shop
):
    shop(7, listed=None)

    await until(async_true(lambda page: 7 not in page, client))
    gone = await client.get("/api/v1/products/7")
    suggested = (await client.get("/api/v1/suggestions", params={"q": "number7"})).json()
    recommended = (
        await client.get("/api/v1/recommendations", params={"type": "trending", "limit": 20})
    ).json()
    assert gone.status_code == 404
    assert 7 not in {each["product_id"] for each in suggested["products"]}
    assert 7 not in {each["product_id"] for each in recommended["items"]}


async def test_a_new_product_is_found(client, shop):
    shop(99, title="Zircon lantern", brand="Nova")

    await until(async_true(lambda page: list(page) == [99], client, q="zircon"))
    assert (await client.get("/api/v1/products/99")).json()["listed_on"] == "2026-02-01"


async def test_a_new_index_has_what_changed_since_it_was_built(client, shop, shelf):
    shop(12, price_cents=50)
    shop(7, listed=None)
    await until(async_true(lambda page: 7 not in page, client))

    shelf.publish_index("Torch")

    await until(async_true(lambda page: page.get(12, {}).get("title") == "Lamp number12", client))
    await until(async_true(lambda page: page.get(1, {}).get("title") == "Torch number1", client))
    page = await found(client)
    assert page.keys() == set(range(1, N_PRODUCTS + 1)) - {7}
    assert page[12]["price_cents"] == 50


async def test_what_was_told_while_nobody_read_or_was_trimmed_is_not_missed(client, shop):
    shop(1, price_cents=11)
    await until(async_true(lambda page: page[1]["price_cents"] == 11, client))

    shop.redis.delete(LIVE_CHANGES)
    shop(2, price_cents=22)
    shop.redis.xtrim(LIVE_CHANGES, maxlen=0)
    shop(3, price_cents=33)

    await until(async_true(lambda page: page[3]["price_cents"] == 33, client))
    assert (await found(client))[2]["price_cents"] == 22


async def test_two_processes_have_copies_of_their_own(serving_settings, shelf, shop, feature_store):
    shelf.publish_index()
    shelf.model = "1"
    async with serving(serving_settings, shelf) as one, serving(serving_settings, shelf) as two:
        for client in (one, two):
            await until(lambda client=client: is_ready(client))
        shop(5, price_cents=55)
        for client in (one, two):
            await until(async_true(lambda page: page[5]["price_cents"] == 55, client))
        assert len(list(serving_settings.index_copies.iterdir())) == 2
    assert list(serving_settings.index_copies.iterdir()) == []


async def test_what_is_no_product_is_passed_over(client, shop):
    shop.redis.hset(LIVE_PRODUCTS, "5", "nonsense")
    shop.redis.xadd(LIVE_CHANGES, {"n": shop.redis.incr(LIVE_COUNT), "product": "{}"})
    shop(6, price_cents=66)

    await until(async_true(lambda page: page[6]["price_cents"] == 66, client))
    assert (await found(client))[5]["price_cents"] == 500
