"""Every event of the outbox in a Redis stream, for readers that follow the shop as it happens.

An entry's id is its place in the outbox, and Redis refuses an id that is not above the last: an event
that is delivered again, because a process died between the two stores, is in the stream once. It is
also why the stream goes with the database: after an older database was restored, delete the stream.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import ResponseError
from sqlalchemy.ext.asyncio import AsyncConnection

from transactional.outbox.reading import Event

STREAM = "shop-events"
MAX_LENGTH = 1_000_000
"""Older entries go; the lake has them. A reader that is further behind begins with the lake."""
DELIVERED_BEFORE = "equal or smaller"


@dataclass(frozen=True)
class EventStream:
    """Appends events to the stream; fields: `event_id`, `topic`, `key`, `recorded_at`, `body` (JSON)."""

    redis: Redis

    async def append(self, _: AsyncConnection, events: Sequence[Event]) -> None:
        """Append in order what the stream does not have yet.

        Raises
        ------
        RedisError
            If Redis cannot be reached or is full; the reader delivers all of it again.
        """
        # All or none: were one refused for lack of memory and the next taken, it would be lost.
        async with self.redis.pipeline(transaction=True) as pipeline:
            for event in events:
                pipeline.xadd(
                    STREAM,
                    _fields(event),
                    id="{}-{}".format(*event.place),
                    maxlen=MAX_LENGTH,
                    approximate=True,
                )
            for answer in await pipeline.execute(raise_on_error=False):
                _raise_unless_delivered(answer)


def _fields(event: Event) -> dict[Any, Any]:
    return {
        "event_id": event.event_id,
        "topic": event.topic,
        "key": event.key,
        "recorded_at": event.recorded_at.isoformat(),
        "body": json.dumps(event.body, ensure_ascii=False),
    }


def _raise_unless_delivered(answer: object) -> None:
    refused_as_known = isinstance(answer, ResponseError) and DELIVERED_BEFORE in str(answer)
    if isinstance(answer, Exception) and not refused_as_known:
        raise answer
