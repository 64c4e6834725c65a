"""Slots' rules in Redis, where serving reads them: what PostgreSQL says, whatever became of Redis.

The hash is written whole, in one transaction of Redis, after every change that the outbox tells of, as
soon as it is gone, and once a minute: a Redis that came back older than the shop is put right by that, and
so is a rule that is over. Who writes holds a lock in PostgreSQL while reading: a writer that was slow
cannot put an earlier state over a later one.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from pydantic import TypeAdapter
from redis.asyncio import Redis
from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from features.schemas.slots import SLOTS_KEY, SlotRule
from transactional.outbox.reading import Event
from transactional.slots.schemas import RULE_FIELDS

TOPIC = "slot_rules"
EVERY = dt.timedelta(minutes=1)
RULES = TypeAdapter(list[SlotRule])
LOCK = text("select pg_advisory_xact_lock(hashtextextended('slots in Redis', 0))")
NOT_OVER = text("""
select slot, kind, product_id, category_id, seller_id, position, factor, starts_at, ends_at
from slot_rules where removed_at is null and (ends_at is null or ends_at > :now)
order by slot, rule_id
""")


@dataclass
class SlotPublishing:
    """Brings the rules to Redis; `published_at` and `n_slots` are of the last time it did."""

    engine: AsyncEngine
    redis: Redis
    now: Callable[[], dt.datetime]
    published_at: dt.datetime | None = None
    n_slots: int = 0

    async def follow(self, connection: AsyncConnection, events: Sequence[Event]) -> None:
        """Publish if events tell of rules (an outbox reader's `deliver`).

        Raises
        ------
        RedisError
            If Redis cannot be reached; the reader delivers again.
        """
        if any(event.topic == TOPIC for event in events):
            await self._publish(connection)

    async def keep_slots(self) -> int:
        """Publish if it is due: at first, when the hash is gone, a minute after the last time.

        Returns the number of slots published.
        """
        if not await self._is_due():
            return 0
        async with self.engine.begin() as connection:
            await self._publish(connection)
        return self.n_slots

    async def _is_due(self) -> bool:
        if self.published_at is None or self.now() - self.published_at >= EVERY:
            return True
        return self.n_slots > 0 and not await self.redis.exists(SLOTS_KEY)

    async def _publish(self, connection: AsyncConnection) -> None:
        now = self.now()
        await connection.execute(LOCK)
        messages = slot_messages((await connection.execute(NOT_OVER, {"now": now})).all())
        async with self.redis.pipeline(transaction=True) as pipeline:
            pipeline.delete(SLOTS_KEY)
            if messages:
                pipeline.hset(SLOTS_KEY, mapping=cast(dict[Any, Any], messages))
            await pipeline.execute()
        self.published_at, self.n_slots = now, len(messages)


def slot_messages(rows: Iterable[Row[Any]]) -> dict[str, str]:
    """Return the hash's fields: slot -> JSON list of its rules, in the order of `rows`."""
    by_slot: dict[str, list[SlotRule]] = defaultdict(list)
    for row in rows:
        by_slot[row.slot].append(SlotRule(**{name: getattr(row, name) for name in RULE_FIELDS}))
    return {
        slot: RULES.dump_json(rules, exclude_none=True).decode() for slot, rules in by_slot.items()
    }
