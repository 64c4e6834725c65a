"""What each customer bought last, as the shop's own events tell it.

A confirmed order leaves one event of the topic `order_lines` per line in the stream `shop-events`
(docs/architecture.md). What is given back stays in the list until the next batch: whether all units of
a product came back is not in the event.
"""

from collections.abc import Iterable

import structlog
from redis import Redis

from features.schemas.logs import OrderLine
from features.store.user_lists import UserLists
from serving.events.entries import SHOP_EVENTS, Fields, row_of
from serving.events.following import Follower
from serving.events.newest import PAUSE_SECONDS, Acts, NewestFirst, latest

GROUP = "bought"


def bought_items(redis: Redis, lists: UserLists, log: structlog.BoundLogger) -> Follower:
    """Return what keeps `user_bought` fresh."""
    return Follower(
        redis, SHOP_EVENTS, GROUP, NewestFirst(lists, latest_purchases), log, PAUSE_SECONDS
    )


def latest_purchases(entries: Iterable[Fields]) -> Acts:
    """Return what each known customer bought: (product, when), the latest entry first."""
    lines = (
        row_of(OrderLine, fields) for fields in entries if fields.get("topic") == OrderLine.table
    )
    return latest(
        (line.customer_id, line.product_id, line.recorded_at)
        for line in lines
        if line is not None and line.kind == "sale"
    )
