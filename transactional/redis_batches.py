"""Commands to Redis that wait at the same moment, sent together."""

from collections.abc import Sequence
from typing import Any, cast

from redis.asyncio import Redis
from redis.exceptions import RedisError

from transactional.batches import Batcher

Command = tuple[str | int, ...]


class RedisBatches:
    """Sends single commands in pipelines: a connection's cost is shared by all that wait for it."""

    def __init__(self, redis: Redis, max_waiting: int) -> None:
        self._redis = redis
        self._batcher: Batcher[Command, Any] = Batcher(
            self._send,
            max_size=64,
            max_waiting=max_waiting,
            n_workers=2,
            meets_all=lambda error: isinstance(error, RedisError),
        )

    async def __call__(self, *command: str | int) -> Any:  # noqa: ANN401 - a reply
        """Return Redis's reply to a command.

        Raises
        ------
        RedisError
            If Redis refuses it or does not answer in time.
        """
        return await self._batcher.submit(command)

    async def eval(self, script: str, key: str, *arguments: str | int) -> Any:  # noqa: ANN401
        """Return what a Lua script replies that touches one key."""
        return await self("eval", script, 1, key, *arguments)

    async def _send(self, commands: Sequence[Command]) -> list[Any]:
        async with self._redis.pipeline(transaction=False) as pipeline:
            for command in commands:
                pipeline.execute_command(*cast(Any, command))
            return list(await pipeline.execute(raise_on_error=False))
