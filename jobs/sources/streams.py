"""Collect logs from their Redis streams: every entry that was accepted, in order, once.

An entry is a row of a log as JSON, without `date`, in the field `body`; its id begins with its time in
milliseconds. What is in the lake, and read by every consumer group of the stream, is trimmed.
"""

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from redis import Redis
from redis.exceptions import ResponseError

from features.schemas.experiments import EXPOSURES_STREAM
from features.schemas.logs import Answer, ClickstreamEvent, Exposure
from features.schemas.row import LogRow
from jobs.raw import FIRST_POSITION, RawBatches, raw_row, text_table
from web.append_only import Written

N_ENTRIES_AT_ONCE = 5_000
N_ENTRIES_A_BATCH, N_BYTES_A_BATCH = 200_000, 200_000_000
DAY_MILLISECONDS = 86_400_000
TIMEOUT_SECONDS = 60.0
EPOCH = dt.date(1970, 1, 1)


@dataclass(frozen=True)
class LogStream:
    """A stream of a log's rows; `name` is its key in Redis and the source's name in the raw layer."""

    name: str
    row: type[LogRow]

    @property
    def columns(self) -> list[str]:
        """The columns that an entry may tell."""
        return [name for name in self.row.model_fields if name != "date"]


LOG_STREAMS: tuple[LogStream, ...] = (
    LogStream("clickstream", ClickstreamEvent),
    LogStream(EXPOSURES_STREAM, Exposure),
    LogStream("answers", Answer),
)
"""What `jobs.ingest` and `jobs.land_events` collect."""


def open_redis(url: str) -> Redis:
    """Return a client for reading entries."""
    # What is not UTF-8 is kept as well as may be: one such entry must not hold up all after it.
    client: Redis = Redis.from_url(
        url, decode_responses=True, encoding_errors="replace", socket_timeout=TIMEOUT_SECONDS
    )
    return client


@dataclass(frozen=True)
class Streams:
    """The streams of the Redis at `url`."""

    url: str
    streams: Sequence[LogStream] = LOG_STREAMS

    def collect(self, batches: RawBatches, date: dt.date) -> int:
        """Append the entries up to the end of `date` not yet collected to it; return how many.

        A day that is over may have entries left: the platform knew of them on `date` only.
        """
        with closing(open_redis(self.url)) as redis:
            n_appended = 0
            for stream in self.streams:
                last = min(end_of(date), newest(redis, stream))
                n_appended += append_until(redis, stream, batches, last, date)
                trim(redis, stream, batches)
            return n_appended


def append_until(
    redis: Redis, stream: LogStream, batches: RawBatches, last: int, date: dt.date
) -> int:
    """Append what came up to the millisecond `last` as batches of `date`; return how many entries.

    Let it not be later than `newest`: what comes meanwhile would be landed a few entries at a time.
    """
    n_appended = 0
    written = Written(redis)
    run = written.run()
    while part := _next_batch(redis, stream, batches.position(stream.name), last):
        rows, end = part
        # Of what Redis has not written down yet it may know nothing after a kill; who sent it then
        # sends it again.
        written.wait(run)
        batches.append_tables(stream.name, end, {stream.row.table: rows}, date)
        n_appended += len(rows)
    return n_appended


def _next_batch(
    redis: Redis, stream: LogStream, position: str, last: int
) -> tuple[pa.Table, str] | None:
    """Return the next entries as columns of text, and the last one's id; None if there are none."""
    parts: list[pa.Table] = []
    n_rows, n_bytes = 0, 0
    for entries in _pages(redis, stream.name, position, last):
        rows = [raw_row(fields.get("body", ""), stream.columns) for _, fields in entries]
        parts.append(text_table(rows))
        n_rows, n_bytes = n_rows + len(rows), n_bytes + parts[-1].nbytes
        position = entries[-1][0]
        if n_rows >= N_ENTRIES_A_BATCH or n_bytes >= N_BYTES_A_BATCH:
            break
    if not parts:
        return None
    return pa.concat_tables(parts, promote_options="default"), position


def _pages(redis: Redis, name: str, position: str, last: int) -> Iterator[list[Any]]:
    while True:
        first = "-" if position == FIRST_POSITION else f"({position}"
        page: Any = redis.xrange(name, min=first, max=str(last), count=N_ENTRIES_AT_ONCE)
        if page:
            yield list(page)
            position = page[-1][0]
        if len(page) < N_ENTRIES_AT_ONCE:
            return


def newest(redis: Redis, stream: LogStream) -> int:
    """Return the millisecond of a stream's last entry; 0 if it has none."""
    found: Any = redis.xrevrange(stream.name, count=1)
    return numbers(found[0][0])[0] if found else 0


def first_waiting(
    redis: Redis, stream: LogStream, batches: RawBatches, last: int
) -> dt.date | None:
    """Return the UTC day of the first entry, up to `last`, that is not in the lake; None if all are."""
    position = batches.position(stream.name)
    first = "-" if position == FIRST_POSITION else f"({position}"
    found: Any = redis.xrange(stream.name, min=first, max=str(last), count=1)
    return day_of_entry(found[0][0]) if found else None


def day_of_entry(entry_id: str) -> dt.date:
    """Return the UTC day in which an entry was written."""
    return EPOCH + dt.timedelta(days=numbers(entry_id)[0] // DAY_MILLISECONDS)


def end_of(date: dt.date) -> int:
    """Return the last millisecond of a UTC day, since 1970."""
    return ((date - EPOCH).days + 1) * DAY_MILLISECONDS - 1


def trim(redis: Redis, stream: LogStream, batches: RawBatches) -> int:
    """Delete what is in the lake and read by every consumer group; return how many entries."""
    landed = numbers(batches.position(stream.name))
    ends = [landed, *(_read_to(redis, stream.name, group) for group in groups(redis, stream.name))]
    first_kept = min(ends)
    kept_from = f"{first_kept[0]}-{first_kept[1] + 1}"
    n_trimmed: Any = redis.xtrim(stream.name, minid=kept_from, approximate=False)
    return int(n_trimmed)


def n_entries(redis: Redis, stream: LogStream) -> int:
    """Return how many entries a stream has."""
    length: Any = redis.xlen(stream.name)
    return int(length)


def groups(redis: Redis, name: str) -> list[Any]:
    """Return what Redis knows of a stream's consumer groups."""
    try:
        return list(redis.xinfo_groups(name))  # type: ignore[arg-type]
    except ResponseError as error:
        if "no such key" in str(error):
            return []
        raise


def _read_to(redis: Redis, name: str, group: Any) -> tuple[int, int]:  # noqa: ANN401 - redis-py's
    """Return the place up to which a group is done with all entries."""
    if not group["pending"]:
        return numbers(group["last-delivered-id"])
    pending: Any = redis.xpending(name, group["name"])
    oldest = numbers(pending["min"] or group["last-delivered-id"])
    return (oldest[0], oldest[1] - 1)


def numbers(entry_id: str) -> tuple[int, int]:
    """Return an entry's id as what it is ordered by."""
    first, second = entry_id.split("-")
    return int(first), int(second)
