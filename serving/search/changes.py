"""What became of products since the index was built, as the shop tells it (`features.schemas.live_products`)."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from redis import Redis

from features.schemas.live_products import (
    LIVE_CHANGES,
    LIVE_PRODUCTS,
    Listed,
    LiveProduct,
)
from models.search.documents import SCHEMA, Document

N_AT_ONCE = 1_000
BEGINNING = "0-0"
Changes = Mapping[int, LiveProduct]


class ProductChanges:
    """Reads all that changed lately, then each change as it comes.

    Parameters
    ----------
    redis
        A client that decodes its answers.
    """

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._last = BEGINNING
        self._n: int | None = None

    def all(self) -> Changes:
        """Return everything that changed lately, and go on from here with `new`.

        Raises
        ------
        RedisError
            If Redis cannot be reached.
        """
        self._n = None
        newest: Any = self._redis.xrevrange(LIVE_CHANGES, count=1)
        told: Any = self._redis.hgetall(LIVE_PRODUCTS)
        self._last = newest[0][0] if newest else BEGINNING
        self._n = int(newest[0][1]["n"]) if newest else None
        return _products(told.values())

    def new(self) -> Changes:
        """Return what changed since the last call, at most `N_AT_ONCE`; all, where some were missed.

        Raises
        ------
        RedisError
            If Redis cannot be reached.
        """
        answer: Any = self._redis.xread({LIVE_CHANGES: self._last}, count=N_AT_ONCE)
        entries = answer[0][1] if answer else []
        if not entries:
            return {}
        if self._n is not None and int(entries[0][1]["n"]) != self._n + 1:
            return self.all()
        self._last, self._n = entries[-1][0], int(entries[-1][1]["n"])
        return _products(fields["product"] for _, fields in entries)


def _products(messages: Any) -> Changes:  # noqa: ANN401 - Redis is untyped
    """Return what messages tell; of several of one product the last. Others write there too."""
    found: dict[int, LiveProduct] = {}
    for message in messages:
        try:
            product = LiveProduct.model_validate_json(message)
        except ValidationError:
            continue
        found[product.product_id] = product
    return found


def documents_now(
    changes: Changes, known: Mapping[int, Document | None]
) -> dict[int, Document | None]:
    """Return the documents of changed products, None for those that shoppers must not see.

    Parameters
    ----------
    known
        What the index has of each: what the shop does not tell, such as popularity, stays as it is.
    """
    return {
        product_id: _document(product, known.get(product_id))
        for product_id, product in changes.items()
    }


def _document(product: LiveProduct, known: Document | None) -> Document | None:
    if product.listed is None:
        return None
    listed = product.listed.model_dump(include=set(Listed.model_fields) - {"in_stock"})
    before = known or _new(product)
    in_stock = product.listed.in_stock
    return {
        **before,
        **listed,
        "in_stock": before["in_stock"] if in_stock is None else in_stock,
    }


def _new(product: LiveProduct) -> Document:
    nothing: Document = dict.fromkeys(SCHEMA.names)
    return {
        **nothing,
        "product_id": product.product_id,
        "in_stock": True,  # as where the index is built: no level was ever told
        "popularity": 0.0,
        "n_units_28d": 0,
        "n_reviews": 0,
        "listed_on": product.changed_at.date(),
    }
