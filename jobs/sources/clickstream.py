"""Collect the clickstream from its Redis stream: every event the API accepted, in order, once."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from redis import Redis

from features.schemas.logs import ClickstreamEvent
from jobs.raw import FIRST_POSITION, RawBatches, raw_row

SOURCE = "clickstream"
STREAM = "clickstream"
N_ENTRIES_AT_ONCE = 20_000
NAMES = [name for name in ClickstreamEvent.model_fields if name != "date"]


@dataclass(frozen=True)
class Clickstream:
    """The stream of the Redis at `url`. An entry's id begins with its time in milliseconds."""

    url: str

    def collect(self, batches: RawBatches, date: dt.date) -> int:
        """Append the entries up to the end of `date` not yet collected; return how many."""
        end = dt.datetime.combine(date + dt.timedelta(days=1), dt.time(), dt.UTC)
        last = int(end.timestamp() * 1000) - 1
        n_collected = 0
        with Redis.from_url(self.url, decode_responses=True) as redis:
            while True:
                entries = _after(redis, batches.position(SOURCE), last)
                if not entries:
                    return n_collected
                rows = [raw_row(fields.get("body", ""), NAMES) for _, fields in entries]
                batches.append(SOURCE, entries[-1][0], {ClickstreamEvent.table: rows}, date)
                n_collected += len(entries)


def _after(redis: Redis, position: str, last: int) -> list[Any]:
    first = "-" if position == FIRST_POSITION else f"({position}"
    found: Any = redis.xrange(STREAM, min=first, max=str(last), count=N_ENTRIES_AT_ONCE)
    return list(found)
