"""Rows of logs that requests leave: kept in the process, written to Redis streams in batches beside them.

A row is a message of its log (JSON without `date`, `features.schemas.logs`) with an `event_id` of its own.
A batch whose writing was cut off is written again, and what then comes twice is dropped on its way into
the lake (`features.transforms.redelivery`).
"""

import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from time import monotonic
from typing import Any, Self

import orjson
import structlog
from prometheus_client import CollectorRegistry, Counter
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

Row = bytes | Mapping[str, Any]
Append = Callable[[str, Sequence[bytes]], int]
"""Appends messages to a stream, in order; returns how many of the first there was room for."""

REDIS_SECONDS = 2.0
RETRY_SECONDS = 0.5
STOP_SECONDS = 5.0
TELL_SECONDS = 1.0
N_AT_ONCE = 200
MAX_ROW_BYTES = 32_000

SCRIPT = """
local n = math.min(#ARGV - 1, math.max(tonumber(ARGV[1]) - redis.call('XLEN', KEYS[1]), 0))
for place = 2, n + 1 do
    redis.call('XADD', KEYS[1], '*', 'body', ARGV[place])
end
return n
"""
"""One command for a batch: packing one for each row costs several times as much."""


@dataclass(frozen=True)
class Bounds:
    """How much may wait.

    Parameters
    ----------
    n_waiting
        Rows in the process: what comes while Redis is away or slow.
    n_in_stream
        Entries of a stream that nobody has collected yet.
    seconds
        Between two batches.
    """

    n_waiting: int = 20_000
    n_in_stream: int = 500_000
    seconds: float = 0.05


class Recorder:
    """Takes rows from requests, which never wait for it, and appends them to streams in a thread.

    Beyond its bounds rows are dropped: counted by `recorded_rows_dropped`, and told in the log. As a
    context manager it runs its thread, and at the end writes what is left.
    """

    def __init__(
        self,
        append: Append,
        registry: CollectorRegistry,
        log: structlog.BoundLogger,
        bounds: Bounds = Bounds(),
    ) -> None:
        self._append, self._log, self._bounds = append, log, bounds
        self._waiting: deque[tuple[str, Row]] = deque()
        self._taken: list[tuple[str, bytes]] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
        self._n_dropped, self._told_at, self._problem = 0, -TELL_SECONDS, ""
        self._written = Counter("recorded_rows", "Rows written", ("stream",), registry=registry)
        self._dropped = Counter(
            "recorded_rows_dropped", "Rows lost", ("stream", "reason"), registry=registry
        )

    def record(self, stream: str, row: Row) -> None:
        """Take a row to be appended to a stream within about 100 ms; it must not change any more."""
        if len(self._waiting) >= self._bounds.n_waiting:
            self._drop(stream, "queue full", 1)
            return
        self._waiting.append((stream, row))

    def flush(self) -> bool:
        """Append what waits, in order; return whether all of it is done with. One thread at a time."""
        try:
            while batch := self._batch():
                for stream, rows in groupby(batch, itemgetter(0)):
                    self._write(stream, [body for _, body in rows])
        except Exception as error:  # noqa: BLE001 - Redis gone: the rows are kept, the thread goes on
            self._tell_problem(repr(error))
            return False
        finally:
            self._tell_dropped()
        self._tell_problem("")
        return True

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(STOP_SECONDS)
        n_left = len(self._waiting) + len(self._taken)
        if n_left:
            self._log.error("rows of logs lost at the end", n_rows=n_left, error=self._problem)

    def _run(self) -> None:
        seconds = self._bounds.seconds
        while not self._stop.wait(seconds):
            seconds = self._bounds.seconds if self.flush() else RETRY_SECONDS
        self.flush()

    def _batch(self) -> list[tuple[str, bytes]]:
        """Return what to write next: what could not be written before, or else what waits longest."""
        while self._waiting and len(self._taken) < N_AT_ONCE:
            stream, row = self._waiting.popleft()
            body = self._message(stream, row)
            if body is not None:
                self._taken.append((stream, body))
        return list(self._taken)

    def _message(self, stream: str, row: Row) -> bytes | None:
        try:
            body = row if isinstance(row, bytes) else orjson.dumps(row)
        except TypeError as error:  # a fault of ours, which must not hold up the other rows
            self._log.error("row is no JSON", stream=stream, error=repr(error))
            self._drop(stream, "no JSON", 1)
            return None
        if len(body) > MAX_ROW_BYTES:
            self._drop(stream, "too large", 1)
            return None
        return body

    def _write(self, stream: str, bodies: Sequence[bytes]) -> None:
        n_written = self._append(stream, bodies)
        self._written.labels(stream).inc(n_written)
        if n_written < len(bodies):
            self._drop(stream, "stream full", len(bodies) - n_written)
        del self._taken[: len(bodies)]

    def _drop(self, stream: str, reason: str, n_rows: int) -> None:
        self._dropped.labels(stream, reason).inc(n_rows)
        self._n_dropped += n_rows

    def _tell_dropped(self) -> None:
        """Write one line a second for all that was dropped."""
        if self._n_dropped and (now := monotonic()) - self._told_at >= TELL_SECONDS:
            self._log.error("rows of logs dropped", n_rows=self._n_dropped)
            self._n_dropped, self._told_at = 0, now

    def _tell_problem(self, problem: str) -> None:
        if bool(problem) != bool(self._problem):  # once, not at every try
            told = "rows of logs wait for Redis" if problem else "rows of logs are written again"
            self._log.warning(told, error=problem or self._problem)
        self._problem = problem


def stream_append(redis_url: str, bounds: Bounds = Bounds()) -> Append:
    """Return what appends to the streams of a Redis; it raises what Redis' client does."""
    redis: Redis = Redis.from_url(
        redis_url,
        socket_timeout=REDIS_SECONDS,
        socket_connect_timeout=REDIS_SECONDS,
        retry=Retry(NoBackoff(), 0),  # the recorder tries again itself
    )
    script = redis.register_script(SCRIPT)

    def append(stream: str, bodies: Sequence[bytes]) -> int:
        taken: Any = script(keys=[stream], args=[bounds.n_in_stream, *bodies])
        return int(taken)

    return append
