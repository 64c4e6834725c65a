"""Wires accounts to a request."""

import secrets
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncSession

from transactional.accounts.repository import AccountRepository
from transactional.accounts.service import AccountService, LogIn
from transactional.accounts.sessions import Sessions
from transactional.accounts.throttle import Throttle
from transactional.deps import RedisDep, SessionDep, SessionMakerDep, new_event_id, utc_now


async def account_service(session: SessionDep, request: Request) -> AccountService:
    """Build the service for one request."""
    passwords = request.app.state.passwords
    return AccountService(AccountRepository(session), passwords, utc_now, new_event_id)


AccountServiceDep = Annotated[AccountService, Depends(account_service)]


def chains(session: AsyncSession) -> Sessions:
    """Return all sessions, in a transaction."""
    return Sessions(session, utc_now, lambda: secrets.token_urlsafe(32))


async def sessions(session: SessionDep) -> Sessions:
    """Return all sessions, in the request's transaction."""
    return chains(session)


SessionsDep = Annotated[Sessions, Depends(sessions)]


async def log_in(opener: SessionMakerDep, request: Request) -> LogIn:
    """Return what checks credentials."""
    return LogIn(opener, request.app.state.passwords, chains)


LogInDep = Annotated[LogIn, Depends(log_in)]


async def throttle(redis: RedisDep) -> Throttle:
    """Return the bound on log-in attempts."""
    return Throttle(redis)


ThrottleDep = Annotated[Throttle, Depends(throttle)]
