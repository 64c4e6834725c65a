"""Rows of products kept in the process, on a real Redis (features.store.kept_rows)."""

import asyncio
import contextlib
import struct

import numpy as np
import pytest
import redis as redis_client
import structlog

from features.store.kept_rows import KeptRows, kept_current
from features.store.packed import PRODUCT, Wanted
from features.store.packed_redis import AsyncPackedFeatures, Connections
from tests.live.serving.conftest import until

pytestmark = pytest.mark.live


def row(value):
    return struct.pack("<d", value) * (1 + len(PRODUCT.columns))


@pytest.fixture
def redis(redis_url):
    with redis_client.Redis.from_url(redis_url) as redis:
        yield redis


def write(redis, **rows):
    redis.mset({PRODUCT.keys([int(name[1:])])[0]: row(value) for name, value in rows.items()})


def n_read(redis):
    return redis.info("commandstats").get("cmdstat_mget", {}).get("calls", 0)


@contextlib.asynccontextmanager
async def reading(redis_url, kept):
    connections = Connections(redis_url, seconds=5)
    async with kept_current(kept, redis_url, structlog.get_logger()):
        await until(lambda: told(kept))
        yield AsyncPackedFeatures(connections, kept)
    await connections.close()


async def told(kept):
    return kept.is_told


async def values(packed, *product_ids):
    return (await packed.read(Wanted(product_ids))).products[:, 0].tolist()


async def test_a_row_is_read_once_and_again_when_it_changed(redis, redis_url):
    write(redis, p5=1.0, p6=2.0)
    async with reading(redis_url, KeptRows()) as packed:
        before = n_read(redis)
        assert [await values(packed, 5, 6), await values(packed, 6, 5)] == [[1, 2], [2, 1]]
        assert n_read(redis) == before + 1

        write(redis, p5=7.0)

        await until(lambda: reads(packed, 7.0, 2.0))


async def reads(packed, *expected):
    return await values(packed, 5, 6) == list(expected)


@pytest.mark.parametrize("way", ["deleted", "expired", "flushed"])
async def test_a_row_that_is_gone_is_not_kept(redis, redis_url, way):
    write(redis, p5=1.0, p6=2.0)
    [key] = PRODUCT.keys([5])
    async with reading(redis_url, KeptRows()) as packed:
        await values(packed, 5, 6)

        {
            "deleted": lambda: redis.delete(key),
            "expired": lambda: redis.pexpire(key, 1),
            "flushed": redis.flushdb,
        }[way]()

        await until(lambda: is_unknown(packed))


async def is_unknown(packed):
    return bool(np.isnan(await values(packed, 5))[0])


async def test_readers_see_no_old_row_after_its_message_while_writers_write(redis, redis_url):
    """The last value written is what all read in the end, however reads and messages interleave."""
    kept = KeptRows()
    async with reading(redis_url, kept) as packed:
        for round_ in range(200):
            write(redis, p5=float(round_))
            await asyncio.gather(*(values(packed, 5) for _ in range(3)))
            redis.set(PRODUCT.keys([5])[0], row(round_ + 0.5))

            await until(lambda last=round_ + 0.5: reads_five(packed, last))


async def reads_five(packed, expected):
    return await values(packed, 5) == [expected]


async def test_a_lost_connection_drops_all_and_the_next_one_keeps_again(redis, redis_url):
    write(redis, p5=1.0, p6=2.0)
    kept = KeptRows()
    async with reading(redis_url, kept) as packed:
        await values(packed, 5, 6)
        assert len(kept) == 2

        [tracking] = [each for each in redis.client_list() if "t" in each["flags"]]
        redis.client_kill_filter(_id=tracking["id"])

        await until(lambda: nothing_kept(kept))
        await until(lambda: told(kept))
        assert await values(packed, 5, 6) == [1, 2]


async def nothing_kept(kept):
    return not kept.is_told and not len(kept)
