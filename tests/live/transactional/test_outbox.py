"""The outbox's readers: every event, in order per key, whatever commits when (transactional.outbox)."""

import asyncio
import random
import uuid

import pytest
import redis.asyncio as aioredis
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from tests.live.transactional.ordering import place
from transactional.outbox import reading
from transactional.outbox.reading import OutboxReader
from transactional.outbox.stream import STREAM, EventStream

pytestmark = pytest.mark.live

WRITE = text("""
insert into outbox (event_id, topic, key, body) values (:event_id, 'orders', :key, '{"n": 1}')
returning position
""")


@pytest.fixture
async def engine(migrated):
    engine = create_async_engine(
        migrated.replace("postgresql:", "postgresql+asyncpg:"), pool_size=8
    )
    yield engine
    await engine.dispose()


@pytest.fixture
async def redis(redis_url):
    client = aioredis.Redis.from_url(redis_url, decode_responses=True)
    yield client
    await client.aclose()


class Told:
    """A consumer that remembers what it was given."""

    def __init__(self):
        self.events = []

    async def __call__(self, _, events):
        self.events += events

    @property
    def ids(self):
        return [event.event_id for event in self.events]


async def write(connection, event_id, key="1"):
    await connection.execute(WRITE, {"event_id": event_id, "key": key})


async def test_what_commits_late_with_an_early_position_is_not_skipped(engine):
    told = Told()
    reader = OutboxReader(engine, "test", told)
    async with engine.connect() as slow, engine.connect() as quick:
        await write(slow, "first position")
        await write(quick, "second position")
        await quick.commit()
        await reader.read_outbox()
        await slow.commit()
    await reader.read_outbox()

    assert told.ids == ["second position", "first position"]


async def test_what_was_rolled_back_is_not_waited_for_for_ever(engine, rows):
    told = Told()
    reader = OutboxReader(engine, "test", told)
    async with engine.connect() as connection:
        await write(connection, "never")
        await connection.rollback()
        await write(connection, "kept")
        await connection.commit()
    await reader.read_outbox()
    rows("update outbox_gaps set noted_at = noted_at - interval '2 minutes' returning 1")
    async with engine.begin() as connection:
        await write(connection, "later")
    await reader.read_outbox()

    assert told.ids == ["kept", "later"]
    assert rows("select * from outbox_gaps where position > 0") == []


async def test_a_gap_stays_open_as_long_as_its_transaction(engine, rows):
    told = Told()
    reader = OutboxReader(engine, "test", told)
    async with engine.connect() as slow, engine.connect() as quick:
        await write(slow, "slow")
        await write(quick, "quick")
        await quick.commit()
        await reader.read_outbox()
        rows("update outbox_gaps set noted_at = noted_at - interval '2 minutes' returning 1")
        async with engine.begin() as connection:
            await write(connection, "later")
        await reader.read_outbox()
        await slow.commit()
    await reader.read_outbox()

    assert told.ids == ["quick", "later", "slow"]


async def test_a_failed_delivery_is_made_again_and_leaves_nothing(engine, rows):
    async def half_way(connection, events):
        await connection.execute(text("insert into warehouses (name) values ('half-way')"))
        raise ConnectionError

    async with engine.begin() as connection:
        await write(connection, "e")
    with pytest.raises(ConnectionError):
        await OutboxReader(engine, "test", half_way).read_outbox()
    told = Told()
    await OutboxReader(engine, "test", told).read_outbox()

    assert told.ids == ["e"]
    assert rows("select * from warehouses where name = 'half-way'") == []


async def test_readers_keep_places_of_their_own_and_pages_lose_nothing(engine):
    async with engine.begin() as connection:
        for n in range(25):
            await write(connection, f"e{n}")
    small, large = Told(), Told()
    await OutboxReader(engine, "small", small, max_size=10).read_outbox()
    await OutboxReader(engine, "large", large).read_outbox()

    assert small.ids == large.ids == [f"e{n}" for n in range(25)]
    assert [e.place for e in small.events] == sorted({e.place for e in small.events})


async def test_a_reader_with_nothing_to_do_locks_nothing_and_knows_that_it_read_all(engine):
    ended = []

    async def note():
        ended.append("all is read")

    reader = OutboxReader(engine, "test", Told(), at_end=note)
    await reader.read_outbox()
    async with engine.begin() as another:
        await another.execute(text("select from outbox_readers where name = 'test' for update"))
        n_read = await reader.read_outbox()

    assert (n_read, ended) == (0, ["all is read"] * 2)


async def busy_shop(engine, reader, n_writers=6, n_each=40):
    """Writers in transactions that overlap, each event under its key's lock, and a reader meanwhile."""
    random_ = random.Random(7)
    locks = {key: asyncio.Lock() for key in "abc"}
    written = {key: [] for key in locks}

    async def writer():
        for _ in range(n_each):
            async with engine.connect() as connection:
                if random_.random() < 0.5:
                    await connection.execute(text("select pg_current_xact_id()"))
                key = random_.choice("abc")
                async with locks[key]:
                    event_id = uuid.uuid4().hex
                    await write(connection, event_id, key)
                    await asyncio.sleep(random_.random() / 200)
                    await connection.commit()
                    written[key].append(event_id)

    writers = asyncio.gather(*[writer() for _ in range(n_writers)])
    while not writers.done():
        await reader.read_outbox()
        await asyncio.sleep(0.002)
    await writers
    await reader.read_outbox()
    return written


def by_key(events):
    return {key: [e.event_id for e in events if e.key == key] for key in "abc"}


async def test_overlapping_transactions_are_told_whole_and_in_order_per_key(engine):
    told = Told()

    written = await busy_shop(engine, OutboxReader(engine, "test", told, max_size=7))

    assert by_key(told.events) == written


async def test_a_reader_that_forgets_its_gaps_is_caught(engine, monkeypatch):
    forgetful = str(reading.OPEN).replace(
        "where position <> all", "where false and position <> all"
    )
    monkeypatch.setattr(reading, "OPEN", text(forgetful))

    async def is_whole():
        told = Told()
        return await busy_shop(engine, OutboxReader(engine, "test", told)) == by_key(told.events)

    # On a starved machine a reader may come by only while nobody writes, and lose nothing once.
    assert not all([await is_whole() for _ in range(3)])


async def test_the_stream_has_each_event_once_though_a_process_died_between_the_stores(
    engine, redis
):
    stream = EventStream(redis)

    async def dies_after_the_stream_has_it(connection, events):
        await stream.append(connection, events)
        raise ConnectionError

    async with engine.begin() as connection:
        for n in range(5):
            await write(connection, f"e{n}")
    with pytest.raises(ConnectionError):
        await OutboxReader(engine, "stream", dies_after_the_stream_has_it).read_outbox()
    async with engine.begin() as connection:
        await write(connection, "later")
    await OutboxReader(engine, "stream", stream.append).read_outbox()

    entries = [fields["event_id"] for _, fields in await redis.xrange(STREAM)]
    assert entries == ["e0", "e1", "e2", "e3", "e4", "later"]


async def test_while_redis_is_down_nothing_is_lost(engine, redis):
    dead = aioredis.Redis.from_url("redis://127.0.0.1:1", socket_connect_timeout=0.2)
    async with engine.begin() as connection:
        await write(connection, "e")
    with pytest.raises(aioredis.ConnectionError):
        await OutboxReader(engine, "stream", EventStream(dead).append).read_outbox()

    await OutboxReader(engine, "stream", EventStream(redis).append).read_outbox()

    assert [fields["event_id"] for _, fields in await redis.xrange(STREAM)] == ["e"]


async def test_an_order_is_followed_from_its_confirmation_to_its_refund(
    client, shopper, stocked, app, engine
):
    await stocked({1: 5})
    ann, ops = shopper(), shopper(role="ops")
    order_id = (await place(client, ann, {1: 1})).json()["order_id"]
    desk = f"/api/v1/fulfilment/orders/{order_id}"
    await client.post(f"{desk}/pack", headers=ops)
    parcel = {"carrier": "Post", "tracking": "P1"}
    await client.post(f"{desk}/shipments/1/ship", json=parcel, headers=ops)
    await client.post(f"{desk}/shipments/1/deliver", headers=ops)
    back = {"lines": [{"line_number": 1, "quantity": 1}], "reason": "too big"}
    await client.post(f"/api/v1/orders/{order_id}/returns", json=back, headers=ann)
    await client.post(f"{desk}/returns/1/receive", json={"restock": True}, headers=ops)
    await app.state.money.capture_shipped()
    await app.state.money.give_refunds()
    told = Told()
    await OutboxReader(engine, "test", told).read_outbox()

    events = [e for e in told.events if e.topic in ("orders", "shipments", "refunds")]
    assert {e.key for e in events} == {str(order_id)}
    assert [e.event_id.replace(str(order_id), "#") for e in events] == [
        "order-#-confirmed",
        "order-#-processing",
        "shipment-#-1-shipped",
        "order-#-shipped",
        "shipment-#-1-delivered",
        "order-#-delivered",
        "order-#-returned",
        "refund-#-1",
        "order-#-refunded",
    ]
