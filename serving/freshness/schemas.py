"""What the freshness endpoint returns."""

import datetime as dt
from typing import Annotated

from pydantic import BaseModel, Field


class GroupLag(BaseModel):
    """How far a group of readers is in a stream."""

    group: str
    n_pending: Annotated[int, Field(description="read, and not dealt with yet")]
    n_unread: Annotated[int, Field(description="not read yet; at most `MAX_COUNTED` are counted")]
    seconds_behind: Annotated[
        float, Field(description="between the newest entry and the last one that was read")
    ]


class StreamLength(BaseModel):
    """A stream of Redis and who reads it."""

    stream: str
    n_entries: int
    groups: list[GroupLag]


class HopLag(BaseModel):
    """How long the last events took for a hop, in seconds."""

    hop: str
    last: float
    p50: float
    p99: float
    n: Annotated[int, Field(description="how many events the quantiles are of")]


class WorkerSeen(BaseModel):
    """When a worker wrote its figures last; `worker` names the parts that it does."""

    worker: str
    seconds_ago: float


class MinuteLag(BaseModel):
    """Quantiles of `answerable` as of a minute."""

    at: dt.datetime
    p50: float
    p99: float


class Age(BaseModel):
    """What answers are made from, and how old it is."""

    what: str
    version: Annotated[str | None, Field(description="null: there is none yet")]
    as_of: Annotated[dt.datetime | None, Field(description="null where it is not known")]
    age_seconds: float | None


class Freshness(BaseModel):
    """How fresh everything is that answers are made from."""

    at: dt.datetime
    streams: list[StreamLength]
    workers: list[WorkerSeen]
    hops: list[HopLag]
    minutes: list[MinuteLag]
    ages: list[Age]
