"""Rules in Redis, where serving reads them: what PostgreSQL says, whatever became of Redis.

The hash is written whole, in one transaction of Redis, after every change that the outbox tells of, as
soon as it is gone, and once a minute: a Redis that came back older than the shop is put right by that, and
so is a rule that is over. Who writes holds a lock in PostgreSQL while reading: a writer that was slow
cannot put an earlier state over a later one.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from pydantic import TypeAdapter
from redis.asyncio import Redis
from sqlalchemy import Row, TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from transactional.outbox.reading import Event

R = TypeVar("R")
EVERY = dt.timedelta(minutes=1)
LOCK = text("select pg_advisory_xact_lock(hashtextextended(:hash || ' in Redis', 0))")


@dataclass(frozen=True)
class Told:
    """Which rules lie in which hash.

    Parameters
    ----------
    topic
        Of the events that tell of a change.
    hash
        The key in Redis.
    not_over
        Reads the rows that count at `:now` or later.
    messages
        Makes the hash's fields of them.
    """

    topic: str
    hash: str
    not_over: TextClause
    messages: Callable[[Iterable[Row[Any]]], Mapping[str, str]]


@dataclass
class RulePublishing:
    """Brings rules to Redis; `published_at` and `n_fields` are of the last time it did."""

    told: Told
    engine: AsyncEngine
    redis: Redis
    now: Callable[[], dt.datetime]
    published_at: dt.datetime | None = None
    n_fields: int = 0

    async def follow(self, connection: AsyncConnection, events: Sequence[Event]) -> None:
        """Publish if events tell of rules (an outbox reader's `deliver`).

        Raises
        ------
        RedisError
            If Redis cannot be reached; the reader delivers again.
        """
        if any(event.topic == self.told.topic for event in events):
            await self._publish(connection)

    async def keep_rules(self) -> int:
        """Publish if it is due: at first, when the hash is gone, a minute after the last time.

        Returns the number of the hash's fields.
        """
        if not await self._is_due():
            return 0
        async with self.engine.begin() as connection:
            await self._publish(connection)
        return self.n_fields

    async def _is_due(self) -> bool:
        if self.published_at is None or self.now() - self.published_at >= EVERY:
            return True
        return self.n_fields > 0 and not await self.redis.exists(self.told.hash)

    async def _publish(self, connection: AsyncConnection) -> None:
        now = self.now()
        await connection.execute(LOCK, {"hash": self.told.hash})
        rows = (await connection.execute(self.told.not_over, {"now": now})).all()
        messages = self.told.messages(rows)
        async with self.redis.pipeline(transaction=True) as pipeline:
            pipeline.delete(self.told.hash)
            if messages:
                pipeline.hset(self.told.hash, mapping=cast(dict[Any, Any], messages))
            await pipeline.execute()
        self.published_at, self.n_fields = now, len(messages)


def json_lists(rules: Iterable[tuple[str, R]], form: TypeAdapter[list[R]]) -> dict[str, str]:
    """Return field -> JSON list of its rules, in their order, without what they do not say."""
    by_field: dict[str, list[R]] = defaultdict(list)
    for field, rule in rules:
        by_field[field].append(rule)
    return {
        field: form.dump_json(own, exclude_defaults=True).decode()
        for field, own in by_field.items()
    }
