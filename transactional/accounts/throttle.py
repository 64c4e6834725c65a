"""Bounds on attempts: counted for accounts that exist and for those that don't, in the same words."""

import hashlib
from dataclasses import dataclass

from fastapi import Request
from redis.asyncio import Redis
from redis.exceptions import RedisError

from web.problems import Problem


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `max_attempts` in `seconds` from the first."""

    name: str
    max_attempts: int
    seconds: int


LOG_IN = Limit("log-in", 10, 900)
"""By e-mail and address: who guesses one password after another from one place."""
LOCK_OUT = Limit("lock-out", 100, 3600)
"""By e-mail alone: the same from many places. A session that is open goes on by its refresh token."""
REGISTRATIONS = Limit("register", 100, 3600)
RESETS = Limit("reset", 30, 3600)
CODES = Limit("code", 30, 900)
"""These by address."""


class TooManyAttemptsProblem(Problem):
    """Too many attempts; says nothing about whether an account exists."""

    type, title, status = "/problems/too-many-attempts", "Too many attempts", 429


@dataclass(frozen=True)
class Throttle:
    """Counts attempts in Redis. While Redis is down nobody is throttled: the shop goes on."""

    redis: Redis

    async def count(self, limit: Limit, *who: str) -> None:
        """Count an attempt.

        Raises
        ------
        TooManyAttemptsProblem
            From the first attempt above the limit until its time is over.
        """
        try:
            n_attempts, seconds_left = await self._count(_key(limit, who), limit.seconds)
        except RedisError:
            return
        if n_attempts > limit.max_attempts:
            raise TooManyAttemptsProblem(
                f"Wait {seconds_left} seconds before the next try.",
                {"Retry-After": str(seconds_left)},
            )

    async def forget(self, limit: Limit, *who: str) -> None:
        """Forget earlier attempts after one that was right."""
        try:
            await self.redis.delete(_key(limit, who))
        except RedisError:
            return

    async def _count(self, key: str, seconds: int) -> tuple[int, int]:
        async with self.redis.pipeline(transaction=True) as pipeline:
            pipeline.set(key, 0, ex=seconds, nx=True)
            pipeline.incr(key)
            pipeline.ttl(key)
            _, n_attempts, seconds_left = await pipeline.execute()
        return n_attempts, max(seconds_left, 1)


def address_of(request: Request) -> str:
    """Return the caller's network address."""
    return request.client.host if request.client else ""


def _key(limit: Limit, who: tuple[str, ...]) -> str:
    digest = hashlib.sha256("|".join(who).encode()).hexdigest()
    return f"throttle:{limit.name}:{digest}"
