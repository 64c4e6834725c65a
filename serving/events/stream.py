"""The stream of accepted events: bounded, each id in it once, a batch in it whole or not at all."""

from collections.abc import Sequence
from dataclasses import dataclass

from redis.asyncio import Redis

from serving.events.entries import CLICKSTREAM, FIELD
from web.append_only import WrittenForMany
from web.problems import Problem

KNOWN_NEW, KNOWN_OLD = "{clickstream}:ids:new", "{clickstream}:ids:old"
"""The last ids, as two sets: when the newer one is full it becomes the older one, which is dropped."""

# Before Redis 7 a script is written down as it was called unless it says so; replayed, its entries would
# get other ids.
TAKE = """
redis.replicate_commands()
local stream, new, old = KEYS[1], KEYS[2], KEYS[3]
local n_most, n_ids, seconds, field = tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3], ARGV[4]
if redis.call('XLEN', stream) + (#ARGV - 4) / 2 > n_most then
  return -1
end
if redis.call('SCARD', new) >= n_ids then
  redis.call('UNLINK', old)
  redis.call('RENAME', new, old)
end
local n_taken = 0
for i = 5, #ARGV, 2 do
  if redis.call('SISMEMBER', old, ARGV[i]) == 0 and redis.call('SADD', new, ARGV[i]) == 1 then
    redis.call('XADD', stream, '*', field, ARGV[i + 1])
    n_taken = n_taken + 1
  end
end
redis.call('EXPIRE', new, seconds)
return n_taken
"""
IDS_SECONDS = 86_400
RETRY_SECONDS = 10


class EventsWaitingProblem(Problem):
    """More events wait to be brought to the lake than the stream may hold."""

    type, title, status = "/problems/events-waiting", "Too many events waiting", 429


@dataclass(frozen=True)
class StreamBounds:
    """How many entries the stream may hold, and how many ids, at least, are known."""

    n_entries: int
    n_ids: int


class EventStream:
    """Appends to the Redis stream that `jobs.land_events` and `jobs.ingest` read."""

    def __init__(self, redis: Redis, bounds: StreamBounds) -> None:
        self._bounds = bounds
        self._take = redis.register_script(TAKE)
        self._written = WrittenForMany(redis)

    async def append(self, event_ids: Sequence[str], rows: Sequence[bytes]) -> int:
        """Append rows whose ids are not known yet, in order, all at once; return how many.

        What was appended outlives a kill of Redis when this returns.

        Raises
        ------
        EventsWaitingProblem
            If there is no room for all; none is appended then.
        """
        pairs = [part for pair in zip(event_ids, rows, strict=True) for part in pair]
        bounds: list[int | str] = [self._bounds.n_entries, self._bounds.n_ids, IDS_SECONDS, FIELD]
        run = await self._written.run()
        n_taken = int(await self._take([CLICKSTREAM, KNOWN_NEW, KNOWN_OLD], [*bounds, *pairs]))
        if n_taken < 0:
            raise EventsWaitingProblem(
                "None was taken: too many events wait to be brought to the lake. Keep them and send them again.",
                {"Retry-After": str(RETRY_SECONDS)},
            )
        await self._written.wait(run)
        return n_taken
