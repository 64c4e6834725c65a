"""What is known of the products that shoppers look at: from the search index, and of what is newer than it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import structlog
from redis import Redis

from features.live.intent import Facts
from features.schemas.live_products import LIVE_PRODUCTS
from models.search.documents import Documents
from serving.published import Published
from serving.search.published import MISSING, latest_version

Shards = Sequence[Documents]


def published_documents(root: Path, log: structlog.BoundLogger) -> Published[Shards]:
    """Return the documents of the index below `root`, not opened yet."""
    return Published(
        latest=lambda: latest_version(root),
        load=lambda version: _opened(root / version),
        missing=MISSING,
        log=log.bind(what="documents of the search index"),
    )


def _opened(folder: Path) -> Shards:
    names = orjson.loads((folder / "manifest.json").read_bytes())["shards"]
    return [Documents.open(folder / name) for name in names]


@dataclass(frozen=True)
class ProductFacts:
    """Looks products up; before there is an index, only those that changed lately are known."""

    documents: Published[Shards]
    redis: Redis

    def __call__(self, product_ids: Iterable[int]) -> dict[int, Facts]:
        """Return the facts of those products that are known."""
        wanted = set(product_ids)
        current = self.documents.current
        found = _of_index(current.value, wanted) if current else {}
        missing = sorted(wanted - set(found))
        return found | (self._told(missing) if missing else {})

    def _told(self, product_ids: Sequence[int]) -> dict[int, Facts]:
        texts: Any = self.redis.hmget(LIVE_PRODUCTS, list(map(str, product_ids)))
        told = zip(product_ids, texts, strict=True)
        return {product_id: facts for product_id, text in told if text and (facts := _listed(text))}


def _of_index(shards: Shards, product_ids: Iterable[int]) -> dict[int, Facts]:
    return {
        product_id: Facts(
            *(shard.value(product_id, name) for name in ("category_id", "brand", "price_cents"))
        )
        for product_id in product_ids
        for shard in shards
        if product_id in shard
    }


def _listed(text: str) -> Facts | None:
    listed: Mapping[str, Any] | None = orjson.loads(text).get("listed")
    if listed is None:
        return None
    return Facts(listed["category_id"], listed["brand"], listed["price_cents"])
