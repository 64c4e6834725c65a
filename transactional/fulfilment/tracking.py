"""Live tracking of an order: what it is now, and again whenever that has changed."""

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

from transactional.fulfilment.schemas import Progress
from transactional.outbox.following import Follower
from web.problems import OverloadedProblem

MAX_FOLLOWED = 1000
"""Streams of one process: each holds a connection, and reads the database when it is woken."""
LOOK_SECONDS = 10.0
"""How late a change is told while Redis is away."""
ENDS_AFTER_SECONDS = 300.0
"""A client connects again by itself: a process that stops waits for nobody, a lost client is noticed."""


@dataclass(frozen=True)
class Tracking:
    """Follows one order; `read` returns what it is now."""

    follower: Follower
    read: Callable[[], Awaitable[Progress]]
    key: str

    def check_room(self) -> None:
        """Refuse to follow one more than can be.

        Raises
        ------
        OverloadedProblem
            If this process follows as many orders as it may.
        """
        if self.follower.n_waiting >= MAX_FOLLOWED:
            raise OverloadedProblem("Too many orders are followed now. Read it from time to time.")

    async def changes(self, seen: str | None) -> AsyncIterator[tuple[str, Progress]]:
        """Yield the order with the digest of what it is, first unless the digest is `seen`."""
        with self.follower.told_of(self.key) as woken, contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ENDS_AFTER_SECONDS):
                while True:
                    woken.clear()
                    progress = await self.read()
                    digest = digest_of(progress)
                    if digest != seen:
                        seen = digest
                        yield digest, progress
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(woken.wait(), LOOK_SECONDS)


def digest_of(progress: Progress) -> str:
    """Return a short name of what an order is now, for `Last-Event-ID`."""
    return hashlib.sha256(progress.model_dump_json().encode()).hexdigest()[:16]
