"""The worker's part: brings changes of the catalogue from the outbox to Redis."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from transactional.catalogue.cache.scripts import (
    CHANGES,
    FLOOR,
    GENERATION,
    KEPT_SECONDS,
    TELL,
    TOLD_UNTIL,
)
from transactional.catalogue.cache.tags import changes_of
from transactional.outbox.reading import Event, OutboxReader

REMEMBERED_SECONDS = KEPT_SECONDS + 3600
"""Longer than any page is kept."""


@dataclass
class ChangeTelling:
    """The duty. What is told twice, after a crash between the two stores, costs a read more."""

    engine: AsyncEngine
    redis: Redis
    _began_at: int = 0
    _reader: OutboxReader = field(init=False)

    def __post_init__(self) -> None:
        """Make the reader of the outbox."""
        self._reader = OutboxReader(self.engine, "catalogue", self._tell, at_end=self._note_told)

    async def tell_changes(self) -> int:
        """Tell what is new; return how many events that were."""
        seconds, microseconds = await self.redis.time()
        self._began_at = seconds * 1_000_000 + microseconds
        await self._reader.read_outbox()
        return 0  # a line for every order would be too many

    async def _tell(self, connection: AsyncConnection, events: Sequence[Event]) -> None:
        changes = await changes_of(connection, events)
        if changes.tags or changes.everything:
            tell: Any = self.redis.register_script(TELL)
            values = [int(changes.everything), REMEMBERED_SECONDS, *sorted(changes.tags)]
            await tell([CHANGES, GENERATION, FLOOR], values)

    async def _note_told(self) -> None:
        """Note that all is told that had happened when this round began."""
        await self.redis.set(TOLD_UNTIL, self._began_at)
