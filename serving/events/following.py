"""Following a Redis stream: every entry, at least once, by one process at a time.

The process that reads holds a lock in Redis: two that update one customer's list would lose each
other's items. Entries are acknowledged once they are dealt with; one that is read twice after a crash
must change nothing the second time.
"""

import contextlib
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from redis import Redis
from redis.exceptions import RedisError, ResponseError

from serving.events.entries import Entry

N_AT_ONCE = 500
BLOCK_MILLISECONDS = 1000
LOCK_SECONDS = 5
"""Who was killed holds it so long; a read, its wait included, takes less."""
RETRY_SECONDS = 0.5


@dataclass(frozen=True)
class Follower:
    """Hands a stream's entries to `deal_with`, in order.

    Parameters
    ----------
    redis
        A client whose socket timeout is above `BLOCK_MILLISECONDS`.
    stream
        The stream's key; it need not exist yet.
    group
        Who reads: keeps its place in the stream, and names the lock and the only consumer, so that
        whoever takes over gets what the last one left unfinished.
    pause_seconds
        Between two reads: what is dear for each read, not for each entry, is done for more of them.
    """

    redis: Redis
    stream: str
    group: str
    deal_with: Callable[[Sequence[Entry]], None]
    log: structlog.BoundLogger
    pause_seconds: float = 0.0

    def run(self, stop: threading.Event) -> None:
        """Follow the stream until `stop` is set; whatever fails is tried again."""
        name = f"{self.stream}:{self.group}:reader"
        lock = self.redis.lock(name, timeout=LOCK_SECONDS, blocking=False)
        while not stop.is_set():
            try:
                if lock.acquire():
                    self._follow_and_release(lock, stop)
            except Exception as error:  # noqa: BLE001 - Redis gone, the view not applied yet, ...
                self.log.warning("stream not followed", group=self.group, error=repr(error))
            stop.wait(RETRY_SECONDS)

    def take(self, position: str) -> int:
        """Deal with one read's worth of entries from `position` on; return how many there were."""
        answer: Any = self.redis.xreadgroup(
            self.group,
            self.group,
            {self.stream: position},
            count=N_AT_ONCE,
            block=BLOCK_MILLISECONDS,
        )
        entries = answer[0][1] if answer else []
        if entries:
            self.deal_with([Entry(entry_id, fields or {}) for entry_id, fields in entries])
            self.redis.xack(self.stream, self.group, *(entry_id for entry_id, _ in entries))
        return len(entries)

    def _follow_and_release(self, lock: Any, stop: threading.Event) -> None:  # noqa: ANN401
        try:
            self._follow(lock, stop)
        finally:
            with contextlib.suppress(RedisError):
                lock.release()

    def _follow(self, lock: Any, stop: threading.Event) -> None:  # noqa: ANN401 - untyped
        self._make_group()
        position = "0"  # first what an earlier reader left, then what is new
        while not stop.is_set():
            lock.reacquire()
            if self.take(position) == 0:
                position = ">"
            stop.wait(self.pause_seconds)

    def _make_group(self) -> None:
        try:
            self.redis.xgroup_create(self.stream, self.group, id="0", mkstream=True)
        except ResponseError as error:
            if "BUSYGROUP" not in str(error):
                raise
