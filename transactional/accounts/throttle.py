"""A bound on log-in attempts, by e-mail and address together."""

import hashlib
from dataclasses import dataclass

from redis.asyncio import Redis
from redis.exceptions import RedisError

from web.problems import Problem

MAX_ATTEMPTS = 10
WINDOW_SECONDS = 900


class TooManyAttemptsProblem(Problem):
    """Too many wrong passwords; says nothing about whether the account exists."""

    type, title, status = "/problems/too-many-attempts", "Too many attempts", 429


@dataclass(frozen=True)
class Throttle:
    """Counts attempts in Redis. While Redis is down nobody is throttled: the shop goes on."""

    redis: Redis

    async def attempt(self, email: str, address: str) -> None:
        """Count an attempt.

        Raises
        ------
        TooManyAttemptsProblem
            From the eleventh in 15 minutes on.
        """
        try:
            n_attempts, seconds_left = await self._count(self._key(email, address))
        except RedisError:
            return
        if n_attempts > MAX_ATTEMPTS:
            raise TooManyAttemptsProblem(
                f"Wait {seconds_left} seconds before the next try.",
                {"Retry-After": str(seconds_left)},
            )

    async def succeeded(self, email: str, address: str) -> None:
        """Forget earlier attempts after the right password."""
        try:
            await self.redis.delete(self._key(email, address))
        except RedisError:
            return

    async def _count(self, key: str) -> tuple[int, int]:
        async with self.redis.pipeline(transaction=True) as pipeline:
            pipeline.set(key, 0, ex=WINDOW_SECONDS, nx=True)
            pipeline.incr(key)
            pipeline.ttl(key)
            _, n_attempts, seconds_left = await pipeline.execute()
        return n_attempts, max(seconds_left, 1)

    def _key(self, email: str, address: str) -> str:
        digest = hashlib.sha256(f"{email}|{address}".encode()).hexdigest()
        return f"throttle:login:{digest}"
