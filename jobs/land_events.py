"""Bring the event streams to the lake, for as long as it runs: Redis streams -> raw.

python -m jobs.land_events

Each stream's entries go to `raw/` in batches named by the entry they end at, so that a killed worker goes on
where it ended; what is in the lake and read by all of a stream's followers is then deleted in Redis. Any
number may run, beside `jobs.ingest`: one at a time collects.
"""

import datetime as dt
import logging
import math
import signal
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field

from redis import Redis
from redis.exceptions import RedisError

from jobs.partitions import Partitions
from jobs.raw import RawBatches
from jobs.raw_merging import merge_batches
from jobs.runner import Settings, partitions
from jobs.sources.streams import (
    LOG_STREAMS,
    N_ENTRIES_A_BATCH,
    LogStream,
    append_until,
    end_of,
    first_waiting,
    n_entries,
    newest,
    open_redis,
    trim,
)

LOOK_SECONDS = 1.0
SLOW_FOLLOWER = 100_000
"""Entries that are in the lake and stay in Redis, because a follower has not read them: worth a warning."""
log = logging.getLogger("land_events")


@dataclass
class Landing:
    """Lands one stream: every `seconds`, or when `n_at_once` or more came since the last time."""

    stream: LogStream
    redis: Redis
    batches: RawBatches
    lake: Partitions
    seconds: float
    n_at_once: int = N_ENTRIES_A_BATCH
    _due_at: float = field(default=0.0, init=False)
    _n_left: int = field(default=0, init=False)

    def look(self, today: dt.date, monotonic: float) -> int:
        """Land if it is time to; return how many entries were landed."""
        n_came = n_entries(self.redis, self.stream) - self._n_left
        if monotonic < self._due_at and n_came < self.n_at_once:
            return 0
        n_landed = self.land(today)
        self._due_at, self._n_left = monotonic + self.seconds, n_entries(self.redis, self.stream)
        if self._n_left >= SLOW_FOLLOWER:
            log.warning(
                "%s: %d entries are in the lake and not read by a follower (XINFO GROUPS says whose)",
                self.stream.name, self._n_left,
            )  # fmt: skip
        return n_landed

    def land(self, today: dt.date) -> int:
        """Land all that waits now, by the UTC day it came; return how many entries."""
        n_landed = 0
        source = self.redis, self.stream, self.batches
        with self.batches.collecting():
            last = newest(self.redis, self.stream)
            while (day := first_waiting(*source, last)) is not None:
                until = min(end_of(day), last)
                n_landed += append_until(*source, until, self.partition(day, today))
            trim(self.redis, self.stream, self.batches)
            merge_batches(self.batches, self.stream.name, today)
        return n_landed

    def partition(self, day: dt.date, today: dt.date) -> dt.date:
        """Return the partition for what came on `day`: it, or today if it is judged already.

        What would be added to a past day after it was published, nobody would read.
        """
        published = self.lake.days("validated", self.stream.row.table)
        return today if published and day <= published[-1] and day < today else day


def work(settings: Settings, seconds: float, ended: threading.Event) -> None:
    """Land all streams until `ended` is set; whatever fails is tried again."""
    batches, lake = RawBatches(settings.lake), partitions(settings)
    with closing(open_redis(settings.redis_url)) as redis:
        landings = [Landing(each, redis, batches, lake, seconds) for each in LOG_STREAMS]
        while not ended.wait(LOOK_SECONDS):
            look_and_tell(landings, time.monotonic())
        look_and_tell(landings, math.inf)  # what waits is landed before we go


def look_and_tell(landings: Sequence[Landing], monotonic: float) -> None:
    """Let each landing look; Redis away or a full disk are logged, and it is tried again later."""
    for landing in landings:
        _look_and_tell(landing, monotonic)


def _look_and_tell(landing: Landing, monotonic: float) -> None:
    try:
        n_landed = landing.look(utc_today(), monotonic)
    except (RedisError, OSError) as error:
        log.warning("%s: not landed, trying again: %r", landing.stream.name, error)
    else:
        if n_landed:
            log.info("%s: %d entries landed", landing.stream.name, n_landed)


def utc_today() -> dt.date:
    """Return the day by the system's clock."""
    return dt.datetime.now(dt.UTC).date()  # noqa: TID251 - a worker's edge


def main() -> None:
    """Work until told to stop."""
    settings = Settings()
    ended = threading.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, lambda *_: ended.set())
    if not settings.redis_url:
        sys.exit("FAILED: set REDIS_URL, where the event streams are")
    work(settings, settings.landing_seconds, ended)


if __name__ == "__main__":
    logging.basicConfig(
        level="INFO", stream=sys.stdout, format="%(asctime)s %(name)s %(levelname)s: %(message)s"
    )
    main()
