"""A process's look at what changed, ten times a second."""

from dataclasses import dataclass

from transactional.catalogue.cache.reading import CatalogueReads
from transactional.catalogue.cache.scripts import KEPT_SECONDS
from transactional.catalogue.cache.shared import MAX_TAGS, Told

TRUST_SECONDS = 1.5
"""How long after the worker read the outbox to its end its word counts."""


@dataclass
class ChangeFollower:
    """Drops pages that changed, and says until when the others count.

    The worker tells every quarter of a second that it read the outbox to its end. Without that (worker,
    PostgreSQL or Redis away, or this process held up) trust ends by itself. Once it is back, what changed
    meanwhile is asked for; only where that may be incomplete are all pages doubted.
    """

    reads: CatalogueReads
    _generation: int = 0
    _looked_at: float = 0.0

    async def look_for_changes(self) -> int:
        """Look once; returns 0, for nothing of it is worth a line of the log."""
        local, clock = self.reads.local, self.reads.local.clock
        asked_at = clock()
        told = await self.reads.shared.changes_since(self._generation)
        if told is not None:
            if self._may_lack(told, asked_at):
                self.reads.doubt()
            self.reads.drop(told.tags)
            self._generation, self._looked_at = told.generation, asked_at
            if told.quiet_seconds is not None:
                local.trusted_until = asked_at + TRUST_SECONDS - told.quiet_seconds
        self.reads.metrics.told.set(clock() < local.trusted_until)
        self.reads.metrics.local_bytes.set(local.n_bytes)
        return 0

    def _may_lack(self, told: Told, asked_at: float) -> bool:
        return (
            self._generation < told.floor
            or told.generation < self._generation
            or len(told.tags) > MAX_TAGS
            or asked_at - self._looked_at > KEPT_SECONDS / 2
        )
