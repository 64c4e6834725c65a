"""What each customer looked at last, as the clickstream tells it."""

from collections.abc import Iterable

import structlog
from redis import Redis

from features.schemas.logs import ClickstreamEvent
from features.store.user_lists import UserLists
from serving.events.entries import CLICKSTREAM, Fields, row_of
from serving.events.following import Follower
from serving.events.newest import PAUSE_SECONDS, Acts, NewestFirst, latest

GROUP = "recently_viewed"
KINDS = ("view", "cart")


def recent_views(redis: Redis, lists: UserLists, log: structlog.BoundLogger) -> Follower:
    """Return what keeps `user_recent` fresh."""
    return Follower(redis, CLICKSTREAM, GROUP, NewestFirst(lists, latest_views), log, PAUSE_SECONDS)


def latest_views(entries: Iterable[Fields]) -> Acts:
    """Return what each known customer looked at: (product, when), the latest entry first."""
    events = (row_of(ClickstreamEvent, fields) for fields in entries)
    return latest(
        (event.customer_id, event.product_id, event.recorded_at)
        for event in events
        if event is not None and event.kind in KINDS
    )
