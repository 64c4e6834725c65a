"""Features out of Redis, where the feature store keeps them packed: one MGET for a request."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from features.store.definitions import USER_RECENT
from features.store.packed import PRODUCT, USER, list_key, unpack, unpack_list
from serving.recommendations.known import Known, Question

USER_LISTS = (USER_RECENT,)
NO_USER = np.full(len(USER.columns), np.nan)


@dataclass(frozen=True)
class PackedReader:
    """Reads packed features. While Redis can't be read nothing is known, and the chains go on."""

    redis: Redis
    log: structlog.BoundLogger

    async def read(self, question: Question) -> Known:
        """Return what is known, in one round trip."""
        keys = keys_of(question)
        try:
            values: Any = await self.redis.mget(keys) if keys else []
        except (RedisError, OSError) as error:
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
    products = unpack(PRODUCT, values[:n])[:, 1:]
    rest = values[n:]
    if question.user_id is None:
        user, lists = NO_USER, rest
        viewed: Sequence[int] = ()
    else:
        user, lists = unpack(USER, rest[:1])[0, 1:], rest[2:]
        viewed = unpack_list(rest[1]).tolist()
    stored = {name: unpack_list(value) for name, value in zip(question.lists, lists, strict=True)}
    return Known(products, user, viewed, (), stored)
