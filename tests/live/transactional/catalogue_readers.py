"""Two processes that read the catalogue, and the worker's part that tells them of changes."""

import asyncio
import contextlib
import functools

import redis.asyncio as aioredis
import structlog

from tests.live.transactional.conftest import client_of, running
from transactional.app import make_shop
from transactional.background import on_a_clock
from transactional.catalogue.cache.telling import ChangeTelling
from transactional.database import make_engine

CATALOGUE = "/api/v1/catalogue"
QUIET = structlog.wrap_logger(structlog.ReturnLogger())
OTHER_SHOP = functools.cache(lambda: make_shop("ERROR"))
"""A second application: its pages are not those of the first."""


@contextlib.asynccontextmanager
async def telling(settings):
    """Tell of changes, as the worker does, until the block ends."""
    engine = make_engine(settings.database_url, 2)
    redis = aioredis.Redis.from_url(settings.redis_url, decode_responses=True, socket_timeout=1)
    async with on_a_clock([ChangeTelling(engine, redis).tell_changes], 0.05, QUIET):
        yield
    await redis.aclose()
    await engine.dispose()


@contextlib.asynccontextmanager
async def two_processes(settings, provider):
    """Two running shops on the same stores that are told of changes, each with a client of it."""
    async with (
        telling(settings),
        running(settings, provider) as one,
        running(settings, provider, make=OTHER_SHOP) as other,
        client_of(one) as client,
        client_of(other) as other_client,
    ):
        await until(lambda: is_told(one) and is_told(other))
        yield (one, client), (other, other_client)


def is_told(app):
    local = app.state.catalogue_reads.local
    return local.clock() < local.trusted_until


async def until(is_so):
    """Wait until something is so: a function, or one that returns an awaitable."""
    async with asyncio.timeout(60):
        while True:
            found = is_so()
            if await found if asyncio.iscoroutine(found) else found:
                return
            await asyncio.sleep(0.02)


async def shown(client, product_id):
    """A product's page as JSON."""
    return (await client.get(f"{CATALOGUE}/products/{product_id}")).json()


async def listed(client, category_id=7):
    """The ids of a category's products."""
    answer = await client.get(f"{CATALOGUE}/products", params={"category_id": category_id})
    return [each["product_id"] for each in answer.json()["products"]]
