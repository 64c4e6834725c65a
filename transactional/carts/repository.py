"""Carts in Redis.

cart:{owner}     hash     product_id -> quantity:shown_cents:locked_until     expires 30 days after its last use

`owner` is `customer:<id>` or `guest:<SHA-256 of the token>`; a guest's hash has a field `guest`
besides, so that an empty cart differs from a token that was never given out.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from transactional.carts.lines import StoredLine
from transactional.redis_batches import RedisBatches

MAX_LINES = 100
LIFETIME_SECONDS = 30 * 86400
GUEST = "guest"
READ = """
redis.call('expire', KEYS[1], ARGV[1])
return redis.call('hgetall', KEYS[1])"""
FILL = """
redis.call('del', KEYS[1])
if #ARGV > 1 then
    redis.call('hset', KEYS[1], unpack(ARGV, 2))
    redis.call('expire', KEYS[1], ARGV[1])
end"""
# Lines are replaced only as they were read: what another request changed meanwhile stays.
REPLACE = """
for i = 1, #ARGV, 3 do
    if redis.call('hget', KEYS[1], ARGV[i]) == ARGV[i + 1] then
        if ARGV[i + 2] == '' then redis.call('hdel', KEYS[1], ARGV[i])
        else redis.call('hset', KEYS[1], ARGV[i], ARGV[i + 2]) end
    end
end"""
PUT = """
local others = redis.call('hlen', KEYS[1]) - redis.call('hexists', KEYS[1], 'guest')
    - redis.call('hexists', KEYS[1], ARGV[1])
if others >= tonumber(ARGV[3]) then return 0 end
redis.call('hset', KEYS[1], ARGV[1], ARGV[2])
redis.call('expire', KEYS[1], ARGV[4])
return 1"""

Lines = Mapping[int, StoredLine]


def of_customer(customer_id: int) -> str:
    """Return the owner's name of a customer's cart."""
    return f"customer:{customer_id}"


def of_guest(token: str) -> str:
    """Return the owner's name of a guest's cart; who reads Redis cannot make tokens of it."""
    return f"guest:{hashlib.sha256(token.encode()).hexdigest()}"


@dataclass(frozen=True)
class CartRepository:
    """One hash per owner. All raise `RedisError` while Redis does not answer."""

    redis: RedisBatches

    async def lines(self, owner: str) -> dict[int, StoredLine]:
        """Return the cart, by product id; reading it counts as use."""
        flat = await self.redis.eval(READ, _key(owner), LIFETIME_SECONDS)
        found = dict(zip(flat[::2], flat[1::2], strict=True))
        found.pop(GUEST, None)
        return {int(id_): StoredLine.decoded(found[id_]) for id_ in sorted(found, key=int)}

    async def open_guest(self, token: str) -> None:
        """Make a guest's cart."""
        await self.fill(of_guest(token), {})

    async def is_open(self, token: str) -> bool:
        """Tell whether a guest's token was given out and has not expired."""
        return bool(await self.redis("hexists", _key(of_guest(token)), GUEST))

    async def put(self, owner: str, product_id: int, line: StoredLine) -> bool:
        """Set a line; false if the cart has `MAX_LINES` others."""
        arguments = (product_id, line.encoded(), MAX_LINES, LIFETIME_SECONDS)
        return bool(await self.redis.eval(PUT, _key(owner), *arguments))

    async def fill(self, owner: str, lines: Lines) -> None:
        """Make these the cart's lines, at most `MAX_LINES`."""
        fields = [part for id_, line in lines.items() for part in (id_, line.encoded())]
        if owner.startswith(GUEST):
            fields += [GUEST, ""]
        await self.redis.eval(FILL, _key(owner), LIFETIME_SECONDS, *fields)

    async def delete(self, owner: str, product_id: int) -> None:
        """Remove a line, if it is there."""
        await self.redis("hdel", _key(owner), product_id)

    async def relock(self, owner: str, old: Lines, new: Lines) -> None:
        """Replace lines that are still as they were read."""
        parts = [(id_, old[id_].encoded(), line.encoded()) for id_, line in new.items()]
        await self._replace(owner, parts)

    async def take_out(self, owner: str, ordered: Lines) -> None:
        """Remove the lines that were ordered; one that was changed meanwhile stays."""
        await self._replace(owner, [(id_, line.encoded(), "") for id_, line in ordered.items()])

    async def drop(self, owner: str) -> None:
        """Remove the cart, a guest's token with it."""
        await self.redis("del", _key(owner))

    async def _replace(self, owner: str, parts: Sequence[tuple[int, str, str]]) -> None:
        await self.redis.eval(REPLACE, _key(owner), *(part for triple in parts for part in triple))


def _key(owner: str) -> str:
    return f"cart:{owner}"
