"""What a process of the service does on a clock, beside answering."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence

import structlog

AGAIN_SECONDS = 0.5
Duty = Callable[[], Awaitable[int]]
"""Does what is due and returns how much that was."""


@contextlib.asynccontextmanager
async def on_a_clock(
    duties: Sequence[Duty], seconds: float, log: structlog.BoundLogger
) -> AsyncIterator[None]:
    """Do every duty each `seconds` until the block ends; one that fails is tried again next time."""
    async with always(_repeat(duties, seconds, log)):
        yield


@contextlib.asynccontextmanager
async def always(work: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """Do work that never ends until the block ends."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        while not task.done():  # libraries have lost a cancellation that met an answer (redis-py)
            task.cancel()
            await asyncio.wait([task], timeout=AGAIN_SECONDS)
        with contextlib.suppress(asyncio.CancelledError):
            task.result()


async def _repeat(duties: Sequence[Duty], seconds: float, log: structlog.BoundLogger) -> None:
    while True:
        await asyncio.sleep(seconds)
        for duty in duties:
            try:
                n_done = await duty()
            except Exception as error:  # noqa: BLE001 - the next round must come, whatever it was
                log.warning("duty failed", duty=duty.__name__, error=repr(error))
                continue
            if n_done:
                log.info("duty done", duty=duty.__name__, n_done=n_done)
