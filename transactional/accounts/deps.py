"""Wires accounts to a request."""

from typing import Annotated

from fastapi import Depends, Request

from transactional.accounts.repository import AccountRepository
from transactional.accounts.service import AccountService, LogIn
from transactional.accounts.throttle import Throttle
from transactional.deps import RedisDep, SessionDep, SessionMakerDep, new_event_id, utc_now


async def account_service(session: SessionDep, request: Request) -> AccountService:
    """Build the service for one request."""
    passwords = request.app.state.passwords
    return AccountService(AccountRepository(session), passwords, utc_now, new_event_id)


AccountServiceDep = Annotated[AccountService, Depends(account_service)]


async def log_in(sessions: SessionMakerDep, request: Request) -> LogIn:
    """Return what checks credentials."""
    return LogIn(sessions, request.app.state.passwords)


LogInDep = Annotated[LogIn, Depends(log_in)]


async def throttle(redis: RedisDep) -> Throttle:
    """Return the bound on log-in attempts."""
    return Throttle(redis)


ThrottleDep = Annotated[Throttle, Depends(throttle)]
