"""What a search had to leave out to find anything."""

from collections.abc import Sequence

from models.search.building import build_among
from models.search.query import Part
from models.search.shards import Shard


def dropped(shard: Shard, product_id: int, parts: Sequence[Part]) -> list[str]:
    """Return the parts of a query that a product has no word of, as they were typed and mended."""
    lacked = []
    for part in parts:
        query = build_among(shard.schema, [product_id], [part])
        if not shard.searcher.search(query, limit=1, count=False).hits:
            lacked.append(part.form or " ".join(part.words))
    return lacked
