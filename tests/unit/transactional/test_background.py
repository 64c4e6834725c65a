"""Work beside the answers ends with the process (transactional.background)."""

import asyncio
import contextlib

from transactional.background import always


async def test_work_ends_with_the_block_though_a_library_loses_its_first_cancellation(monkeypatch):
    monkeypatch.setattr("transactional.background.AGAIN_SECONDS", 0.01)
    told = []

    async def deaf_once():
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(60)
        told.append("went on")
        await asyncio.sleep(60)

    async with asyncio.timeout(10):
        async with always(deaf_once()):
            await asyncio.sleep(0)

    assert told == ["went on"]
