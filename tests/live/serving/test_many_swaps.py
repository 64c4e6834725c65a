"""A thousand indexes and changes under load: every answer is whole, and of one index (serving.search)."""

import asyncio
import json
import random

import pytest
import redis as redis_client

from features.schemas.live_products import LIVE_CHANGES, LIVE_COUNT, LIVE_PRODUCTS
from tests.live.serving.conftest import N_PRODUCTS, is_ready, serving, until
from tests.live.serving.test_live_products import NOON, now

pytestmark = pytest.mark.live
N_ASKING = 4
SHORT, LONG = 20, 1_000
HIDDEN = N_PRODUCTS
"""Comes and goes; all other products are always there."""


@pytest.fixture(params=[SHORT, pytest.param(LONG, marks=pytest.mark.long)])
def n_swaps(request):
    return request.param


def tell(redis, product_id, listed):
    message = {"product_id": product_id, "listed": listed, "changed_at": NOON.isoformat()}
    redis.hset(LIVE_PRODUCTS, str(product_id), json.dumps(message))
    redis.xadd(LIVE_CHANGES, {"n": redis.incr(LIVE_COUNT), "product": json.dumps(message)})


class Shopper:
    """Asks for pages, one after the other, and looks at each."""

    def __init__(self, client, seed):
        self.client, self.random = client, random.Random(seed)
        self.n_answers, self.seen = 0, set()

    async def ask_until(self, stop):
        while not stop.is_set():
            size = self.random.choice([5, 50])
            params = {"limit": size, "sort": "price_asc"}
            answer = await self.client.get("/api/v1/products", params=params)
            assert answer.status_code == 200, answer.text
            # A page that is kept comes without anybody waiting: let others go on, as a network would.
            await asyncio.sleep(0)
            self.check(answer.json(), is_whole=size > N_PRODUCTS)

    def check(self, page, is_whole):
        words = {each["title"].split()[0] for each in page["products"]} - {"Told"}
        assert len(words) == 1, words
        ids = [each["product_id"] for each in page["products"]]
        if is_whole:
            assert set(range(1, HIDDEN)) <= set(ids) <= set(range(1, HIDDEN + 1))
            assert page["n_total"] == len(ids)
            assert sum(each["n_products"] for each in page["facets"]["prices"]) == len(ids)
        self.seen |= words
        self.n_answers += 1


async def change(shelf, redis_url, n_swaps):
    with redis_client.Redis.from_url(redis_url) as redis:
        for n in range(1, n_swaps + 1):
            shelf.publish_index(f"Lamp{n}")
            tell(redis, HIDDEN, now(HIDDEN, title="Told lamp") if n % 2 else None)
            tell(redis, 1, now(1, title="Told lamp", price_cents=100 + n % 50))
            await asyncio.sleep(0.05)


@pytest.mark.usefixtures("feature_store")
async def test_no_answer_fails_or_is_mixed(
    serving_settings, shelf, redis_url, n_swaps, record_property
):
    """Each index calls all products by one word; the shop tells of two products meanwhile.

    Index n has titles `Lamp<n> number<k>`: a page with two such words is mixed, unless the shop told of
    the product.
    """
    shelf.publish_index("Lamp0")
    shelf.model = "1"
    stop = asyncio.Event()
    async with serving(serving_settings, shelf) as client:
        await until(lambda: is_ready(client))
        shoppers = [Shopper(client, seed) for seed in range(N_ASKING)]
        asking = [asyncio.create_task(each.ask_until(stop)) for each in shoppers]
        await change(shelf, redis_url, n_swaps)
        stop.set()
        await asyncio.gather(*asking)
        await until(lambda: shows(client, f"Lamp{n_swaps}"))

    n_answers = sum(each.n_answers for each in shoppers)
    seen = set().union(*(each.seen for each in shoppers))
    record_property("answers", n_answers)
    record_property("indexes seen", len(seen))
    assert n_answers > 5 * n_swaps
    assert len(seen) > n_swaps / 20


async def shows(client, word):
    page = (await client.get("/api/v1/products", params={"limit": 50})).json()
    return all(each["title"].split()[0] in (word, "Told") for each in page["products"])
