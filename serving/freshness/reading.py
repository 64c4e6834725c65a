"""Reading how fresh everything is: streams and lags out of Redis, ages of what is loaded."""

import datetime as dt
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import orjson
from redis.asyncio import Redis

from features.live.states import LAGS
from features.schemas.live_products import LIVE_CHANGES
from features.store.packed import list_key, list_time
from features.store.packed_lists import TRENDING, WHOLE_SHOP
from features.store.packed_redis import Connections, bulk
from serving.events.entries import CLICKSTREAM, SHOP_EVENTS
from serving.freshness.schemas import (
    Age,
    Freshness,
    GroupLag,
    HopLag,
    MinuteLag,
    StreamLength,
    WorkerSeen,
)
from serving.published import Version

STREAMS = (CLICKSTREAM, SHOP_EVENTS, LIVE_CHANGES, "answers", "exposures")
"""Those that are not there are not told of."""
MAX_COUNTED = 1_000
START = "0-0"


@dataclass(frozen=True)
class FreshnessReading:
    """Reads all of it: `redis` decodes its answers, `packed` gives bytes."""

    redis: Redis
    packed: Connections
    index: Version[Any] | None
    model: Version[Any] | None
    now: dt.datetime

    async def read(self) -> Freshness:
        """Return how fresh everything is.

        Raises
        ------
        RedisError
            If Redis cannot be reached.
        """
        texts = await cast("Awaitable[dict[str, str]]", self.redis.hgetall(LAGS))
        told = {worker: orjson.loads(text) for worker, text in texts.items()}
        latest = sorted(told.values(), key=lambda each: each["at"])  # the last one that knows a hop
        hops = {hop: figures for each in latest for hop, figures in each["hops"].items()}
        minutes: list[dict[str, Any]] = next(
            (each["minutes"] for each in latest[::-1] if each["minutes"]), []
        )
        return Freshness(
            at=self.now,
            streams=[await self._stream(name) for name in STREAMS if await self.redis.exists(name)],
            workers=[
                WorkerSeen(worker=worker, seconds_ago=self._ago(each["at"]))
                for worker, each in told.items()
            ],
            hops=[HopLag(hop=hop, **figures) for hop, figures in hops.items()],
            minutes=[MinuteLag(**each) for each in minutes],
            ages=[*self._ages(), await self._features()],
        )

    async def _stream(self, name: str) -> StreamLength:
        about: Any = await self.redis.xinfo_stream(name)
        groups: Any = await self.redis.xinfo_groups(name)
        newest = about["last-generated-id"]
        return StreamLength(
            stream=name,
            n_entries=about["length"],
            groups=[await self._group(name, newest, group) for group in groups],
        )

    async def _group(self, stream: str, newest: str, group: dict[str, Any]) -> GroupLag:
        last = group["last-delivered-id"]
        unread: Any = await self.redis.xrange(stream, f"({last}", count=MAX_COUNTED)
        behind = milliseconds(newest) - milliseconds(last) if unread else 0
        return GroupLag(
            group=group["name"],
            n_pending=group["pending"],
            n_unread=len(unread),
            seconds_behind=behind / 1e3,
        )

    def _ages(self) -> Sequence[Age]:
        return [
            self._age("search index", self.index, lambda index: index.manifest["date"]),
            self._age("recommender", self.model, lambda model: model.metadata.get("fitted_on")),
        ]

    async def _features(self) -> Age:
        """Return the age of the batch's features: the list of what is wanted in the whole shop tells it."""
        [value] = await self.packed.mget([bulk(list_key(TRENDING, WHOLE_SHOP))])
        if value is None:
            return self._aged("batch features", None, None)
        as_of = dt.datetime.fromtimestamp(list_time(value), dt.UTC)
        return self._aged("batch features", f"{as_of:%Y-%m-%d}", as_of)

    def _age(
        self, what: str, current: Version[Any] | None, day_of: Callable[[Any], str | None]
    ) -> Age:
        if current is None:
            return self._aged(what, None, None)
        day = day_of(current.value)
        return self._aged(what, current.name, None if day is None else end_of(day))

    def _aged(self, what: str, version: str | None, as_of: dt.datetime | None) -> Age:
        # Of a day that is not over, what was built is as of its end.
        age = None if as_of is None else max(0.0, (self.now - as_of).total_seconds())
        return Age(what=what, version=version, as_of=as_of, age_seconds=age)

    def _ago(self, at: float) -> float:
        return max(0.0, self.now.timestamp() - at)


def milliseconds(entry_id: str) -> int:
    """Return when an entry was put into its stream, in milliseconds since 1970."""
    return int(entry_id.partition("-")[0])


def end_of(day: str) -> dt.datetime:
    """Return the end of a UTC day: what is made of it knows what was known by then."""
    start = dt.datetime.combine(dt.date.fromisoformat(day), dt.time(), dt.UTC)
    return start + dt.timedelta(days=1)
