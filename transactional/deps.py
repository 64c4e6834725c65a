"""What any request may ask for: a transaction, Redis, the time and new event ids.

Every dependency here and elsewhere is `async`: FastAPI runs a plain one in a thread, which costs more
than the rest of a small request.
"""

import datetime as dt
import uuid
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Request
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker


async def session_maker(request: Request) -> async_sessionmaker[AsyncSession]:
    """Return what opens transactions, for those that must act after a commit."""
    made: async_sessionmaker[AsyncSession] = request.app.state.sessions
    return made


SessionMakerDep = Annotated[async_sessionmaker[AsyncSession], Depends(session_maker)]


async def transaction(sessions: SessionMakerDep) -> AsyncIterator[AsyncSession]:
    """One request is one transaction: commit if it succeeds, roll back if it raises."""
    async with sessions.begin() as session:
        yield session


# Scope `function`: the commit is over before the answer leaves, so no answer tells of what failed.
SessionDep = Annotated[AsyncSession, Depends(transaction, scope="function")]


async def redis(request: Request) -> Redis:
    """Return the application's Redis."""
    client: Redis = request.app.state.redis
    return client


RedisDep = Annotated[Redis, Depends(redis)]


def utc_now() -> dt.datetime:
    """Return the system clock's time: the only place that asks it."""
    return dt.datetime.now(dt.UTC)


def new_event_id() -> str:
    """Return an event id that no one else has."""
    return uuid.uuid4().hex
