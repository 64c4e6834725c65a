"""Wires event taking to Redis, the real clock and random ids."""

import datetime as dt
import uuid
from typing import Annotated

from fastapi import Depends, Request

from serving.events.service import EventService


def utc_now() -> dt.datetime:
    """Return the system clock's time: the only place of serving that asks it."""
    return dt.datetime.now(dt.UTC)  # noqa: TID251 - see above


async def event_service(request: Request) -> EventService:
    """Build the service for one request."""
    return EventService(request.app.state.redis, utc_now, lambda: uuid.uuid4().hex)


EventServiceDep = Annotated[EventService, Depends(event_service)]
