"""Carts in Redis.

cart:{customer_id}     hash     product_id -> quantity     expires 30 days after its last use
"""

from dataclasses import dataclass
from typing import Any, cast

from redis.asyncio import Redis

MAX_LINES = 100
LIFETIME_SECONDS = 30 * 86400
PUT = """
if redis.call('hexists', KEYS[1], ARGV[1]) == 0 and redis.call('hlen', KEYS[1]) >= tonumber(ARGV[3])
then return 0 end
redis.call('hset', KEYS[1], ARGV[1], ARGV[2])
redis.call('expire', KEYS[1], ARGV[4])
return 1"""
TAKE_OUT = """
for i = 1, #ARGV, 2 do
    if redis.call('hget', KEYS[1], ARGV[i]) == ARGV[i + 1] then
        redis.call('hdel', KEYS[1], ARGV[i])
    end
end"""


@dataclass(frozen=True)
class CartRepository:
    """Quantities by product, one hash per customer."""

    redis: Redis

    async def quantities(self, customer_id: int) -> dict[int, int]:
        """Return the cart, by product id; reading it counts as use."""
        async with self.redis.pipeline(transaction=False) as pipeline:
            pipeline.hgetall(_key(customer_id))
            pipeline.expire(_key(customer_id), LIFETIME_SECONDS)
            found, _ = await pipeline.execute()
        return {int(product_id): int(found[product_id]) for product_id in sorted(found, key=int)}

    async def put(self, customer_id: int, product_id: int, quantity: int) -> bool:
        """Set a line; false if the cart has `MAX_LINES` others."""
        arguments = [str(part) for part in (product_id, quantity, MAX_LINES, LIFETIME_SECONDS)]
        done = await cast(Any, self.redis.eval(PUT, 1, _key(customer_id), *arguments))
        return bool(done)

    async def delete(self, customer_id: int, product_id: int) -> None:
        """Remove a line, if it is there."""
        await cast(Any, self.redis.hdel(_key(customer_id), str(product_id)))

    async def clear(self, customer_id: int) -> None:
        """Remove every line."""
        await self.redis.delete(_key(customer_id))

    async def take_out(self, customer_id: int, quantities: dict[int, int]) -> None:
        """Remove the lines that were ordered; one that was changed meanwhile stays."""
        parts = [str(part) for line in quantities.items() for part in line]
        await cast(Any, self.redis.eval(TAKE_OUT, 1, _key(customer_id), *parts))


def _key(customer_id: int) -> str:
    return f"cart:{customer_id}"
