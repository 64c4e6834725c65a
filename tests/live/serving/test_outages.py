"""Searches, suggestions, listings and product pages while Redis is away (serving.search)."""

import asyncio
import signal
import time

import pytest
import redis as redis_client

from features.store.opening import open_store
from serving.settings import Settings
from tests import services
from tests.live.serving.conftest import Shelf, serving, until
from tests.live.serving.test_live_products import found, now
from tests.live.serving.test_many_swaps import tell

pytestmark = pytest.mark.live
PATHS = (
    "/api/v1/products?q=lamp",
    "/api/v1/products?sort=newest&in_stock=true",
    "/api/v1/suggestions?q=la",
    "/api/v1/categories/10/products",
    "/api/v1/products/3",
)
SECONDS = 10
"""Generous: what is asserted is that nobody waits for a store that will not answer."""


@pytest.fixture
def own_redis(tmp_path):
    with services.own_redis(tmp_path / "redis") as store_and_url:
        yield store_and_url


@pytest.fixture
def settings(tmp_path, own_redis):
    _, redis_url = own_redis
    made = Settings(
        emporium_home=tmp_path / "home",
        redis_url=redis_url,
        mlflow_tracking_uri="unused",
        log_level="ERROR",
        poll_seconds=0.05,
    )
    open_store(made.feast, made.redis_url)
    return made


async def all_are_answered(client):
    began = time.monotonic()
    answers = await asyncio.gather(*(client.get(path) for path in PATHS * 5))
    assert {answer.status_code for answer in answers} == {200}
    assert time.monotonic() - began < SECONDS


async def is_searching(client):
    return (await client.get("/api/v1/products")).status_code == 200


@pytest.mark.parametrize("how", ["dead", "hung"])
async def test_everything_is_found_and_changes_are_seen_once_it_is_back(settings, own_redis, how):
    store, redis_url = own_redis
    shelf = Shelf(settings.index)
    shelf.publish_index()
    async with serving(settings, shelf) as client:
        await until(lambda: is_searching(client))
        store.kill() if how == "dead" else store.signal(signal.SIGSTOP)
        await all_are_answered(client)
        await asyncio.sleep(1)  # those beside the requests have noticed
        await all_are_answered(client)
        shelf.publish_index("Torch")  # of another version too
        await asyncio.sleep(0.5)
        await all_are_answered(client)

        store.start() if how == "dead" else store.signal(signal.SIGCONT)
        with redis_client.Redis.from_url(redis_url) as redis:
            tell(redis, 5, now(5, price_cents=55))
        await until(lambda: is_told(client), 40)


async def is_told(client):
    page = await found(client)
    return page[5]["price_cents"] == 55 and page[1]["title"] == "Torch number1"


async def test_it_searches_when_it_is_started_without_redis(settings, own_redis):
    own_redis[0].kill()
    shelf = Shelf(settings.index)
    shelf.publish_index()

    async with serving(settings, shelf) as client:
        await until(lambda: is_searching(client), 40)
        await all_are_answered(client)
    own_redis[0].start()
