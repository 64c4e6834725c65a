"""How long events take from the door into the features, hop by hop.

| hop | from | to |
|---|---|---|
| `taken` | `recorded_at`: the platform knows of the event | it is in the stream |
| `read` | it is in the stream | the worker has read it |
| `written` | the worker has read it | serving's next request finds it in the live states |
| `answerable` | `recorded_at` | serving's next request finds it: the first three together |
| `pushed` | it is in the live states | it is in the feature store |
"""

import datetime as dt
import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import numpy as np
import orjson
from prometheus_client import CollectorRegistry, Histogram
from redis import Redis

from features.live.states import LAGS
from serving.events.entries import Entry

Hop = Literal["taken", "read", "written", "answerable", "pushed"]
HOPS: tuple[Hop, ...] = get_args(Hop)
N_LAST = 2_000
N_MINUTES = 120
KEPT = dt.timedelta(days=1)
BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0)


class Lags:
    """The lags of the last events by hop, in seconds, and of all of them as a histogram."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._seconds = Histogram(
            "live_lag_seconds",
            "Seconds an event takes for a hop on its way into the features",
            ("hop",),
            buckets=BUCKETS,
            registry=registry,
        )
        self._last = {hop: deque[float](maxlen=N_LAST) for hop in HOPS}
        self._lock = threading.Lock()

    def observe(self, hop: Hop, seconds: Iterable[float]) -> None:
        """Note how long a hop took; clocks that differ by a little make no time negative."""
        known = [max(0.0, each) for each in seconds]
        of_hop = self._seconds.labels(hop)
        for each in known:
            of_hop.observe(each)
        with self._lock:
            self._last[hop].extend(known)

    def written(
        self, entries: Sequence[Entry], read_at: float, written_at: float, *, ids_are_times: bool
    ) -> None:
        """Note the way of entries into the states; times in seconds since 1970.

        Where ids are no times it is not known when an entry came into its stream.
        """
        recorded = {each.entry_id: recorded_at(each) for each in entries}
        known = {entry_id: at for entry_id, at in recorded.items() if at is not None}
        if ids_are_times:
            self.observe("taken", (in_stream_at(each) - at for each, at in known.items()))
            self.observe("read", (read_at - in_stream_at(each) for each in recorded))
        self.observe("written", (written_at - read_at for _ in entries))
        self.observe("answerable", (written_at - at for at in known.values()))

    def figures(self) -> dict[str, dict[str, float]]:
        """Return of each hop that was seen the last lag, the quantiles and how many these are of."""
        with self._lock:
            seen = {hop: np.array(last) for hop, last in self._last.items() if last}
        return {
            hop: {
                "last": float(last[-1]),
                "p50": float(np.quantile(last, 0.5)),
                "p99": float(np.quantile(last, 0.99)),
                "n": len(last),
            }
            for hop, last in seen.items()
        }


def in_stream_at(entry_id: str) -> float:
    """Return when an entry was put into its stream, by the id that Redis gave it, in seconds since 1970."""
    return int(entry_id.partition("-")[0]) / 1e3


def recorded_at(entry: Entry) -> float | None:
    """Return when the platform knew of what an entry tells; None if it does not say."""
    try:
        told = orjson.loads(entry.fields.get("body", ""))["recorded_at"]
        return dt.datetime.fromisoformat(told).timestamp()
    except (ValueError, TypeError, KeyError):
        return None


@dataclass
class LagReport:
    """Writes the figures of a worker to Redis: the latest, and a line for each of the last minutes."""

    redis: Redis
    lags: Lags
    clock: Callable[[], float]
    worker: str
    minutes: list[dict[str, Any]] = field(default_factory=list)

    def refresh(self) -> None:
        """Write them. What can't be written now is written the next time."""
        now, figures = self.clock(), self.lags.figures()
        self._note(now, figures)
        told = {"at": now, "hops": figures, "minutes": self.minutes}
        with self.redis.pipeline(transaction=True) as pipeline:
            pipeline.hset(LAGS, self.worker, orjson.dumps(told))  # type: ignore[arg-type]
            pipeline.expire(LAGS, KEPT)
            pipeline.execute()

    def _note(self, now: float, figures: dict[str, dict[str, float]]) -> None:
        minute = int(now // 60) * 60
        if "answerable" not in figures:
            return
        if self.minutes and self.minutes[-1]["at"] == minute:
            self.minutes.pop()
        self.minutes.append({"at": minute, **figures["answerable"]})
        del self.minutes[:-N_MINUTES]
