"""Who takes events in `bench.events`, as factories for granian. REDIS_URL says where Redis is."""

import datetime as dt
import uuid
from typing import Annotated, Literal

from fastapi import FastAPI
from pydantic import AwareDatetime, BaseModel, Field
from redis.asyncio import Redis

from serving.errors import add_error_handlers
from serving.events.deps import make_event_service, utc_now
from serving.events.router import router
from serving.events.stream import StreamBounds
from serving.settings import Settings
from web.logs import make_logger
from web.problems import add_problem_handlers
from web.service import THIS_MACHINE

STREAM = "clickstream"


def create_plain() -> FastAPI:
    """Return what one writes first: a model per event, a dump per event, an XADD per event."""
    app = FastAPI()
    redis = _redis()

    @app.post("/api/v1/events", status_code=202)
    async def take(batch: PlainBatch) -> dict[str, int]:
        for event in batch.events:
            row = Row(**event.model_dump(), recorded_at=utc_now())
            await redis.xadd(STREAM, {"body": row.model_dump_json()})
        return {"n_accepted": len(batch.events)}

    return app


def create_door() -> FastAPI:
    """Return our event endpoint without the rest of serving, which takes seconds to start."""
    app = FastAPI()
    add_problem_handlers(app)
    add_error_handlers(app)
    app.include_router(router, prefix="/api/v1")
    settings = _settings()
    bounds = StreamBounds(settings.events_waiting, settings.event_ids_known)
    app.state.log = make_logger("ERROR", "events")
    app.state.events = make_event_service(
        _redis(), bounds, settings.events_per_second, THIS_MACHINE, takes_purchases=False
    )
    return app


class PlainEvent(BaseModel):
    """An event with the log's bounds."""

    event_id: Annotated[str, Field(min_length=1, max_length=80)] = Field(
        default_factory=lambda: uuid.uuid4().hex
    )
    occurred_at: AwareDatetime
    session_id: Annotated[str, Field(min_length=1, max_length=80)]
    visitor_id: Annotated[str, Field(max_length=80)] | None = None
    customer_id: Annotated[int, Field(ge=1)] | None = None
    kind: Literal["search", "impression", "click", "view", "cart"]
    product_id: Annotated[int, Field(ge=1)] | None = None
    query: Annotated[str, Field(max_length=200)] | None = None
    surface: Annotated[str, Field(max_length=40)] | None = None
    slot: Annotated[str, Field(max_length=40)] | None = None
    position: Annotated[int, Field(ge=1)] | None = None
    answer_id: Annotated[str, Field(max_length=80)] | None = None
    price_shown_cents: Annotated[int, Field(ge=0)] | None = None


class PlainBatch(BaseModel):
    """What is posted."""

    events: list[PlainEvent]


class Row(PlainEvent):
    """What is logged."""

    recorded_at: dt.datetime


def _settings() -> Settings:
    return Settings(mlflow_tracking_uri="unused")


def _redis() -> Redis:
    redis: Redis = Redis.from_url(
        _settings().redis_url, decode_responses=True, socket_timeout=1.0, socket_connect_timeout=1.0
    )
    return redis
