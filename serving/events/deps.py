"""Wires event taking to its stream, the real clock and random ids."""

import datetime as dt
import uuid
from time import monotonic
from typing import Annotated

from fastapi import Depends, Request
from redis.asyncio import Redis

from serving.events.service import EventService
from serving.events.stream import EventStream, StreamBounds
from web.proxies import Proxies
from web.rates import RateLimit

BURST_SECONDS = 5


def utc_now() -> dt.datetime:
    """Return the system clock's time: the only place of serving that asks it."""
    return dt.datetime.now(dt.UTC)  # noqa: TID251 - see above


def make_event_service(
    redis: Redis,
    bounds: StreamBounds,
    events_per_second: int,
    trusted: Proxies,
    *,
    takes_purchases: bool,
) -> EventService:
    """Return the service; `events_per_second` is what one address may bring."""
    return EventService(
        EventStream(redis, bounds),
        RateLimit(events_per_second, BURST_SECONDS * events_per_second, monotonic),
        utc_now,
        lambda: uuid.uuid4().hex,
        takes_purchases,
        trusted,
    )


async def event_service(request: Request) -> EventService:
    """Return the application's service."""
    service: EventService = request.app.state.events
    return service


EventServiceDep = Annotated[EventService, Depends(event_service)]
