"""Features out of the feature store, packed: one read for a request, two where lists lead on."""

from dataclasses import dataclass, replace
from typing import Protocol

import structlog
from redis.exceptions import RedisError

from features.store.packed import Found, Wanted, found
from features.store.packed_redis import AsyncPackedFeatures


class FeatureReader(Protocol):
    """Reads features; while the store is away it knows nothing."""

    async def read(self, wanted: Wanted) -> Found:
        """Return what is known."""


@dataclass(frozen=True)
class PackedReader:
    """Reads packed features. While Redis can't be read nothing is known, and the chains go on.

    With `live` off nothing is known of what shoppers did this minute.
    """

    packed: AsyncPackedFeatures
    log: structlog.BoundLogger
    live: bool = True

    async def read(self, wanted: Wanted) -> Found:
        """Return what is known."""
        if not self.live:
            wanted = replace(wanted, shoppers=())
        try:
            return await self.packed.read(wanted)
        except (RedisError, OSError, TimeoutError) as error:
            self.log.warning("feature store unreadable", error=repr(error))
            return found(wanted, [None] * len(wanted.keys))
