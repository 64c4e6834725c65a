"""Public pages while a store is dead or hangs, and while nobody tells of changes."""

import asyncio
import shutil
import signal
import subprocess
from types import SimpleNamespace

import pytest
import sqlalchemy as sa

from emporium import postgres
from emporium.ports import free_port
from tests import services
from tests.live.transactional.catalogue_readers import (
    CATALOGUE,
    OTHER_SHOP,
    is_told,
    shown,
    telling,
    two_processes,
    until,
)
from tests.live.transactional.conftest import client_of, level, product, running
from transactional.catalogue.loading import load_products, load_stock
from transactional.migrations import upgrade

pytestmark = pytest.mark.live
SECONDS = 10
"""Generous: what is asserted is that nobody waits for a store that will not answer."""


@pytest.fixture
def own_postgres(tmp_path):
    folder, port = tmp_path / "postgres", free_port()
    postgres.initialise(folder)
    probe = [str(postgres.BINARIES / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)]
    command = [*postgres.command(folder, port), "-c", "fsync=off"]
    store = services.Store(command, folder, lambda: subprocess.call(probe) == 0)
    store.start()
    yield store, postgres.url(port, "postgres")
    store.kill()


@pytest.fixture
def own_redis(tmp_path):
    with services.own_redis(tmp_path / "redis") as store_and_url:
        yield store_and_url


@pytest.fixture
async def shop(settings, provider, own_postgres, own_redis):
    """Two processes and the worker's part on stores of their own; a connection to the database."""
    urls = {"database_url": own_postgres[1], "redis_url": own_redis[1]}
    own = settings.model_copy(update=urls)
    upgrade(own.database_url)
    await load_products(own.database_url, [product(id_) for id_ in (1, 2, 3)])
    await load_stock(own.database_url, [level(id_, 5) for id_ in (1, 2, 3)])
    engine = sa.create_engine(
        own.database_url.replace("postgresql:", "postgresql+psycopg2:"),
        isolation_level="AUTOCOMMIT",
        pool_pre_ping=True,
    )

    def untold(price_cents):
        """Change all prices, and tell nobody."""
        with engine.connect() as connection:
            connection.execute(sa.text(f"update products set price_cents = {price_cents}"))

    async with two_processes(own, provider) as ((one, client), (other, other_client)):
        yield SimpleNamespace(
            one=one, client=client, other=other, other_client=other_client, untold=untold,
            database=own_postgres[0], redis=own_redis[0],
        )  # fmt: skip
    engine.dispose()


async def price(client, product_id=1):
    return (await shown(client, product_id)).get("price_cents")


async def price_is(client, price_cents):
    return await price(client) == price_cents


@pytest.mark.parametrize("how", ["dead", "hung"])
async def test_while_postgresql_is_away_the_last_pages_serve_marked_as_old(shop, how):
    several = "/products/by-ids?product_ids=1,2"
    paths = ["/products/1", several, "/products?category_id=7", "/categories", "/categories/7"]
    fresh = [await shop.client.get(CATALOGUE + path) for path in paths]

    shop.database.kill() if how == "dead" else shop.database.signal(signal.SIGSTOP)
    await until(lambda: not is_told(shop.one) and not is_told(shop.other))
    async with asyncio.timeout(SECONDS):
        at_hand = [await shop.client.get(CATALOGUE + path) for path in paths]
        from_redis = [await shop.other_client.get(CATALOGUE + path) for path in paths]
        known = {"If-None-Match": fresh[0].headers["etag"]}
        unchanged = await shop.client.get(CATALOGUE + paths[0], headers=known)
    async with asyncio.timeout(SECONDS):
        never_read = await shop.client.get(f"{CATALOGUE}/products/3")
        among_others = await shop.client.get(f"{CATALOGUE}/products/by-ids?product_ids=3,1")
    shop.database.start() if how == "dead" else shop.database.signal(signal.SIGCONT)

    for answers in (at_hand, from_redis):
        assert [a.status_code for a in answers] == [200] * 5
        assert [a.content for a in answers] == [a.content for a in fresh]
        for answer in answers:
            assert answer.headers["cache-status"].startswith("shop; hit; ttl=-")
            assert int(answer.headers["age"]) >= 0
            assert "max-age=1," in answer.headers["cache-control"]
    assert (unchanged.status_code, unchanged.headers["age"]) == (
        304,
        at_hand[0].headers["age"],
    ) or (unchanged.status_code == 304 and "age" in unchanged.headers)
    assert (never_read.status_code, never_read.headers["retry-after"]) == (503, "2")
    told = among_others.json()
    assert [each["product_id"] for each in told["products"]] == [1]
    assert (told["unread_ids"], among_others.headers["cache-control"]) == ([3], "no-store")
    assert not any("age" in answer.headers for answer in fresh)
    await until(lambda: is_told(shop.one) and is_fresh(shop.client))


async def is_fresh(client):
    answer = await client.get(f"{CATALOGUE}/products/1")
    return answer.status_code == 200 and "age" not in answer.headers


@pytest.mark.parametrize("how", ["dead", "hung"])
async def test_while_redis_is_away_pages_are_read_and_changes_are_seen(shop, how):
    assert await price(shop.client) == 1000

    shop.redis.kill() if how == "dead" else shop.redis.signal(signal.SIGSTOP)
    async with asyncio.timeout(SECONDS):
        meanwhile = [await shop.client.get(f"{CATALOGUE}/products/{n % 3 + 1}") for n in range(30)]
    shop.untold(777)  # the worker could not tell of it anyway
    await until(lambda: price_is(shop.client, 777))
    await until(lambda: price_is(shop.other_client, 777))
    shop.redis.start() if how == "dead" else shop.redis.signal(signal.SIGCONT)
    await until(lambda: is_told(shop.one) and is_told(shop.other))

    assert [answer.status_code for answer in meanwhile] == [200] * 30
    assert [await price(each) for each in (shop.client, shop.other_client)] == [777, 777]


async def test_a_redis_that_lost_what_it_was_told_makes_nobody_believe_old_pages(shop):
    assert await price(shop.client) == 1000
    assert await price(shop.other_client) == 1000

    shop.redis.kill()
    shop.untold(777)  # told to the Redis that is gone, for all that anybody knows
    for part in shop.redis.folder.iterdir():
        shutil.rmtree(part) if part.is_dir() else part.unlink()
    shop.redis.start()

    for client in (shop.client, shop.other_client):
        await until(lambda client=client: price_is(client, 777))


async def test_pages_of_a_redis_that_was_started_again_are_not_believed_either(shop):
    """Its file may lack the last second, and with it the change that makes a page wrong."""
    assert await price(shop.client) == 1000
    await asyncio.sleep(1.5)  # the page is in the file, which is written every second

    shop.redis.kill()
    shop.untold(777)
    shop.redis.start()

    for client in (shop.client, shop.other_client):
        await until(lambda client=client: price_is(client, 777))


async def test_without_a_worker_that_tells_of_changes_every_read_is_of_the_truth(
    settings, migrated, provider, stocked, database
):
    await stocked({1: 5})
    async with running(settings, provider, make=OTHER_SHOP) as app, client_of(app) as client:
        async with telling(settings):
            await until(lambda: is_told(app))
            assert await price(client) == 1000
            database.execute(sa.text("update products set price_cents = 777"))
            kept = await price(client)

        await until(lambda: not is_told(app))

        assert (kept, await price(client)) == (1000, 777)


async def test_pages_count_again_once_a_redis_that_hung_is_back_and_nothing_was_lost(shop):
    assert await price(shop.client) == 1000
    shop.redis.signal(signal.SIGSTOP)
    await until(lambda: not is_told(shop.one))

    shop.redis.signal(signal.SIGCONT)
    await until(lambda: is_told(shop.one))
    shop.untold(777)

    assert await price(shop.client) == 1000  # from the page of before
