"""What a process does beside answering, and how it ends (transactional.background)."""

import asyncio

import pytest

from transactional.background import always


async def test_work_that_takes_a_cancellation_for_something_else_ends_all_the_same():
    n_swallowed = 0

    async def stubborn():
        nonlocal n_swallowed
        while True:
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                n_swallowed += 1
                if n_swallowed == 2:
                    raise

    async with asyncio.timeout(10):
        async with always(stubborn()):
            await asyncio.sleep(0)

    assert n_swallowed == 2


async def test_what_the_block_raises_is_not_hidden_by_work_that_failed():
    async def fails():
        raise ConnectionError

    async def block():
        async with always(fails()):
            await asyncio.sleep(0)
            raise KeyError

    with pytest.raises(KeyError):
        await block()
