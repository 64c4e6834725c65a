"""The pages that all processes share, in Redis. Whatever is wrong with it, the shop does without."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from transactional.catalogue.cache.pages import Page
from transactional.catalogue.cache.scripts import (
    CHANGES,
    FLOOR,
    GENERATION,
    KEPT_SECONDS,
    LOOK,
    READ,
    RUN,
    STORE,
    TOLD_UNTIL,
)

FRESH_SECONDS = 3600.0
READ_SECONDS = 0.1
LOOK_SECONDS = 0.25
MAX_TAGS = 5_000
BYTES_PER_HOUR = 32_000_000
"""Of new lists: anybody can ask for more of them than Redis holds. Products are as many as there are."""


@dataclass(frozen=True, slots=True)
class Found:
    """A page, and how long ago it was read; one that is not `good` may lack changes that were lost."""

    page: Page
    good: bool = True
    age_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Look:
    """What Redis said: the generation now, and by key the pages that are there and not wrong."""

    generation: int
    pages: Mapping[str, Found]


@dataclass(frozen=True, slots=True)
class Told:
    """What changed since a generation; `quiet_seconds` is how long ago all was told (None: never)."""

    generation: int
    floor: int
    quiet_seconds: float | None
    tags: Sequence[str]


@dataclass
class SharedPages:
    """Pages in Redis; `redis` gives bytes.

    Closed from the first failure until a look at the changes succeeds again: who follows them asks
    ten times a second, so that a Redis that hangs costs the requests of one moment only.
    """

    redis: Redis
    is_open: bool = False
    _scripts: dict[str, Any] = field(default_factory=dict)

    async def read(self, keys: Sequence[str]) -> Look | None:
        """Return what there is; None while Redis does not answer."""
        named = [CHANGES, GENERATION, FLOOR, *map(_page_key, keys)]
        answer = await self._do(READ, named, [], READ_SECONDS) if self.is_open else None
        if answer is None:
            return None
        generation, pages = answer
        return Look(
            generation,
            {key: _found(page) for key, page in zip(keys, pages, strict=True) if page},
        )

    async def store(self, pages: Mapping[str, Page], generation: int, *, bounded: bool) -> None:
        """Store pages that were read after `generation`, but for those of which a change was told since."""
        keys = [CHANGES, FLOOR, "catalogue:spent", *map(_page_key, pages)]
        values: list[Any] = [generation, KEPT_SECONDS, BYTES_PER_HOUR if bounded else 0]
        for page in pages.values():
            values += [page.etag, " ".join(page.tags), page.body]
        if self.is_open:
            await self._do(STORE, keys, values, READ_SECONDS)

    async def changes_since(self, generation: int) -> Told | None:
        """Return what was told to change since, at most `MAX_TAGS` + 1 tags; None without Redis."""
        keys = [CHANGES, GENERATION, FLOOR, TOLD_UNTIL, RUN]
        answer = await self._do(LOOK, keys, [generation, MAX_TAGS + 1], LOOK_SECONDS)
        self.is_open = answer is not None
        if answer is None:
            return None
        now, floor, quiet, tags = answer
        return Told(now, floor, None if quiet < 0 else quiet / 1e6, [tag.decode() for tag in tags])

    async def _do(
        self, script: str, keys: Sequence[str], values: Sequence[Any], seconds: float
    ) -> Any:  # noqa: ANN401 - a reply
        if script not in self._scripts:
            self._scripts[script] = self.redis.register_script(script)
        try:
            async with asyncio.timeout(seconds):
                return await self._scripts[script](keys, values)
        except (RedisError, OSError, TimeoutError):
            self.is_open = False
            return None


def _found(page: Sequence[Any]) -> Found:
    good, age_microseconds, etag, tags, body = page
    made = Page(body, etag.decode(), frozenset(tags.decode().split()))
    return Found(made, bool(good), max(0.0, age_microseconds / 1e6))


def _page_key(key: str) -> str:
    return f"catalogue:page:{key}"
