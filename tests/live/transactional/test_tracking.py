"""Live tracking by server-sent events, over real HTTP (transactional.fulfilment.tracking)."""

import asyncio
import contextlib
import json

import httpx
import pytest
import redis.asyncio as aioredis
import uvicorn
from sqlalchemy.ext.asyncio import create_async_engine

from emporium.ports import free_port
from tests.live.transactional.ordering import place
from transactional.fulfilment import tracking
from transactional.outbox.reading import OutboxReader
from transactional.outbox.stream import STREAM, EventStream

pytestmark = pytest.mark.live


@pytest.fixture
async def shop(app):
    """The shop's URL, for streams cannot be followed in memory."""
    port = free_port()
    server = uvicorn.Server(
        uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error", lifespan="off")
    )
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    yield f"http://127.0.0.1:{port}"
    server.force_exit = server.should_exit = True
    await serving


@pytest.fixture
async def relay(migrated, redis_url):
    """Bring what happened to the stream, as the worker does."""
    engine = create_async_engine(migrated.replace("postgresql:", "postgresql+asyncpg:"))
    redis = aioredis.Redis.from_url(redis_url)
    yield OutboxReader(engine, "stream", EventStream(redis).append).read_outbox
    await redis.aclose()
    await engine.dispose()


@contextlib.asynccontextmanager
async def followed(shop, headers, order_id, **more):
    """Give a function that waits for the next event and returns its id and data."""
    path = f"{shop}/api/v1/orders/{order_id}/tracking"
    async with (
        httpx.AsyncClient(timeout=30) as client,
        client.stream("GET", path, headers={**headers, **more}) as answer,
    ):
        lines = answer.aiter_lines()

        async def following():
            event = {}
            async with asyncio.timeout(20):
                async for line in lines:
                    name, _, value = line.partition(": ")
                    if name in ("event", "data", "id"):
                        event[name] = value
                    if not line and event:
                        return event["id"], json.loads(event["data"])
            return None

        yield answer, following


async def pack(client, ops, order_id):
    await client.post(f"/api/v1/fulfilment/orders/{order_id}/pack", headers=ops)


async def test_an_order_is_shown_now_and_when_it_has_changed(client, shop, shopper, stocked, relay):
    await stocked({1: 5})
    ann, ops = shopper(), shopper(role="ops")
    order_id = (await place(client, ann, {1: 1})).json()["order_id"]
    async with followed(shop, ann, order_id) as (answer, following):
        _, first = await following()
        await pack(client, ops, order_id)
        await relay()
        _, second = await following()

    assert answer.headers["content-type"].startswith("text/event-stream")
    assert [first["order"]["status"], second["order"]["status"]] == ["confirmed", "processing"]
    assert [shipment["status"] for shipment in second["shipments"]] == ["packing"]


async def test_who_connects_again_is_told_what_changed_since(client, shop, shopper, stocked):
    await stocked({1: 5})
    ann, ops = shopper(), shopper(role="ops")
    order_id = (await place(client, ann, {1: 1})).json()["order_id"]
    async with followed(shop, ann, order_id) as (_, following):
        seen, _ = await following()
    await pack(client, ops, order_id)
    async with followed(shop, ann, order_id, **{"Last-Event-ID": seen}) as (_, following):
        _, told = await following()

    assert told["order"]["status"] == "processing"


async def test_while_redis_is_away_a_change_is_told_later(
    client, shop, shopper, stocked, monkeypatch
):
    monkeypatch.setattr(tracking, "LOOK_SECONDS", 0.2)
    await stocked({1: 5})
    ann, ops = shopper(), shopper(role="ops")
    order_id = (await place(client, ann, {1: 1})).json()["order_id"]
    async with followed(shop, ann, order_id) as (_, following):
        await following()
        await pack(client, ops, order_id)  # and nobody brings it to the stream
        _, told = await following()

    assert told["order"]["status"] == "processing"


async def test_a_stream_ends_after_a_while_and_leaves_nothing(
    app, client, shop, shopper, stocked, monkeypatch
):
    monkeypatch.setattr(tracking, "ENDS_AFTER_SECONDS", 0.3)
    await stocked({1: 5})
    ann = shopper()
    order_id = (await place(client, ann, {1: 1})).json()["order_id"]
    async with followed(shop, ann, order_id) as (_, following):
        await following()
        assert await following() is None

    assert app.state.follower.n_waiting == 0


async def test_somebody_elses_order_is_not_followed(client, shop, shopper, stocked):
    await stocked({1: 5})
    order_id = (await place(client, shopper(), {1: 1})).json()["order_id"]
    async with followed(shop, shopper(), order_id) as (answer, _):
        assert answer.status_code == 404


async def test_no_more_orders_are_followed_than_a_process_can(
    client, shop, shopper, stocked, monkeypatch
):
    monkeypatch.setattr(tracking, "MAX_FOLLOWED", 1)
    await stocked({1: 5})
    ann = shopper()
    order_id = (await place(client, ann, {1: 1})).json()["order_id"]
    async with followed(shop, ann, order_id) as (_, following):
        await following()
        async with followed(shop, ann, order_id) as (answer, _):
            assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")


async def test_the_stream_of_a_redis_that_came_back_is_followed_again(app, redis_url):
    redis = aioredis.Redis.from_url(redis_url)
    with app.state.follower.told_of("7") as woken:
        await asyncio.sleep(0.1)
        await redis.client_kill_filter(_type="normal", skipme=True)
        async with asyncio.timeout(10):
            while not woken.is_set():
                await redis.xadd(STREAM, {"key": "7"})
                await asyncio.sleep(0.2)
    await redis.aclose()
