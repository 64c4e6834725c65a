"""Features out of Redis, where the feature store keeps them packed: one MGET for a request."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import structlog
from hiredis import pack_command
from redis.asyncio import ConnectionPool
from redis.exceptions import RedisError

from features.store.definitions import USER_BOUGHT, USER_RECENT
from features.store.packed import PRODUCT, USER, list_key, unpack, unpack_list
from serving.recommendations.known import Ids, Known, ListName, Question

USER_LISTS = (USER_RECENT, USER_BOUGHT)
NO_USER = np.full(len(USER.columns), np.nan)


class Connections:
    """Connections to Redis for many small reads at once, each used by one request at a time.

    A client's own pool, retries and measurements cost several times what a read does; a read that
    fails is not repeated here, for the chains go on without it.
    """

    def __init__(self, redis_url: str, seconds: float) -> None:
        self._pool = ConnectionPool.from_url(redis_url, socket_connect_timeout=seconds)
        self._idle: list[Any] = []
        self._seconds = seconds

    async def mget(self, keys: Sequence[str]) -> list[bytes | None]:
        """Return the values of keys.

        Raises
        ------
        RedisError, OSError, TimeoutError
            If Redis can't be reached or doesn't answer in time.
        """
        connection: Any = self._idle.pop() if self._idle else self._pool.make_connection()  # type: ignore[no-untyped-call]
        try:
            async with asyncio.timeout(self._seconds):
                command = pack_command(("MGET", *keys))  # type: ignore[arg-type]
                await connection.send_packed_command([command])
                values: list[bytes | None] = await connection.read_response()
        except BaseException:
            await connection.disconnect(nowait=True)  # what is still to come is nobody's answer
            raise
        self._idle.append(connection)
        return values

    async def close(self) -> None:
        """Close what is open."""
        while self._idle:
            await self._idle.pop().disconnect(nowait=True)


@dataclass(frozen=True)
class PackedReader:
    """Reads packed features. While Redis can't be read nothing is known, and the chains go on."""

    redis: Connections
    log: structlog.BoundLogger

    async def read(self, question: Question) -> Known:
        """Return what is known, in one round trip."""
        keys = keys_of(question)
        try:
            values = await self.redis.mget(keys) if keys else []
        except (RedisError, OSError, TimeoutError) as error:
            self.log.warning("feature store unreadable", error=repr(error))
            values = [None] * len(keys)
        return known(question, values)


def keys_of(question: Question) -> list[str]:
    """Return the keys to read: products, what is the user's, lists."""
    keys = PRODUCT.keys(question.product_ids)
    if question.user_id is not None:
        keys += USER.keys([question.user_id])
        keys += [list_key(view, question.user_id) for view in USER_LISTS]
    return keys + [list_key(view, entity_id) for view, entity_id in question.lists]


def known(question: Question, values: Sequence[bytes | None]) -> Known:
    """Return what the values of `keys_of` say."""
    n = len(question.product_ids)
    products, rest = unpack(PRODUCT, values[:n])[:, 1:], values[n:]
    if question.user_id is None:
        return Known(products, NO_USER, lists=_lists(question, rest))
    user, viewed, bought = rest[: 1 + len(USER_LISTS)]
    return Known(
        products,
        unpack(USER, [user])[0, 1:],
        unpack_list(viewed).tolist(),
        unpack_list(bought).tolist(),
        _lists(question, rest[1 + len(USER_LISTS) :]),
    )


def _lists(question: Question, values: Sequence[bytes | None]) -> dict[ListName, Ids]:
    return {name: unpack_list(value) for name, value in zip(question.lists, values, strict=True)}
