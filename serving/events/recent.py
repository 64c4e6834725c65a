"""What each customer looked at last, pushed into the feature store as the events come in.

One process at a time reads the stream, under a lock in Redis: two that update one customer's list
would lose each other's items. Entries are acknowledged after the push; one that is read twice after
a crash moves an item to the front where it already is.
"""

import contextlib
import datetime as dt
import json
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from redis import Redis
from redis.exceptions import RedisError, ResponseError

from features.schemas.logs import ClickstreamEvent
from features.store.user_lists import UserList, UserLists
from serving.events.service import FIELD, STREAM

GROUP = "recently_viewed"
CONSUMER = "recently_viewed"  # one name: who takes over gets what the last one left unfinished
N_RECENT = 20
N_AT_ONCE = 500
BLOCK_MILLISECONDS = 1000
LOCK_SECONDS = 30
RETRY_SECONDS = 2.0
KINDS = ("view", "cart")


@dataclass(frozen=True)
class RecentViews:
    """Follows the stream and keeps `user_recent` fresh."""

    redis: Redis
    lists: UserLists
    log: structlog.BoundLogger

    def run(self, stop: threading.Event) -> None:
        """Follow the stream until `stop` is set; whatever fails is tried again."""
        lock = self.redis.lock(f"{GROUP}:reader", timeout=LOCK_SECONDS, blocking=False)
        while not stop.is_set():
            try:
                if lock.acquire():
                    self._follow_and_release(lock, stop)
            except Exception as error:  # noqa: BLE001 - Redis gone, the view not applied yet, ...
                self.log.warning("recent views not pushed", error=repr(error))
            stop.wait(RETRY_SECONDS)

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

    def take(self, position: str) -> int:
        """Push one read's worth of entries from `position` on and return how many there were."""
        answer: Any = self.redis.xreadgroup(
            GROUP, CONSUMER, {STREAM: position}, count=N_AT_ONCE, block=BLOCK_MILLISECONDS
        )
        entries = answer[0][1] if answer else []
        if entries:
            self._push(latest_views(fields for _, fields in entries))
            self.redis.xack(STREAM, GROUP, *(entry_id for entry_id, _ in entries))
        return len(entries)

    def _push(self, views: Mapping[int, list[tuple[int, dt.datetime]]]) -> None:
        if not views:
            return
        earlier = self.lists.read(list(views))
        self.lists.push(
            [
                UserList(
                    user_id,
                    merged([item for item, _ in seen], earlier[user_id]),
                    max(at for _, at in seen),
                )
                for user_id, seen in views.items()
            ]
        )

    def _make_group(self) -> None:
        try:
            self.redis.xgroup_create(STREAM, GROUP, id="0", mkstream=True)
        except ResponseError as error:
            if "BUSYGROUP" not in str(error):
                raise


def latest_views(
    entries: Iterable[Mapping[str, str]],
) -> dict[int, list[tuple[int, dt.datetime]]]:
    """Return what each known customer looked at: (product, when), the latest entry first."""
    views: dict[int, list[tuple[int, dt.datetime]]] = {}
    for fields in entries:
        event = _event(fields.get(FIELD, ""))
        if event is None or event.kind not in KINDS or event.customer_id is None:
            continue
        if event.product_id is not None:
            seen = (event.product_id, event.recorded_at)
            views.setdefault(event.customer_id, []).insert(0, seen)
    return views


def merged(newest: list[int], earlier: list[int]) -> list[int]:
    """Return both lists as one, the newest first, each product once, at most `N_RECENT`."""
    return list(dict.fromkeys([*newest, *earlier]))[:N_RECENT]


def _event(body: str) -> ClickstreamEvent | None:
    """Return the event, None if the body is none: the stream is also what others wrote."""
    try:
        told = json.loads(body)
        return ClickstreamEvent.model_validate({**told, "date": told["recorded_at"][:10]})
    except (ValueError, TypeError, KeyError):
        return None
