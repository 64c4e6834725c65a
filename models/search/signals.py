"""What shoppers made of each product, as columns in memory: what the second stage of a search looks at.

The columns it is made of are those of `SearchDocument`, and of `ProductFeatures` at any earlier day: so what is
learnt of the past and what is asked of today are the same numbers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from features.schemas.weights import CART_WEIGHT, PURCHASE_WEIGHT, VIEW_WEIGHT
from models.search.documents import SCHEMA, Document, Documents

MEASURES = (
    "look_ratio",
    "conversion_ratio",
    "n_views_28d",
    "n_carts_28d",
    "n_units_28d",
    "mean_rating",
    "n_reviews",
    "category_price_ratio",
)
COLUMNS = ("product_id", "category_id", "brand", "in_stock", *MEASURES)
NAMES = (
    "look_lift",
    "conversion_lift",
    "cart_lift",
    "demand_lift",
    "views",
    "rating_lift",
    "reviews",
    "price_lift",
)
"""A lift is the logarithm of a measure over the shop's mean of it: 0 is usual, nan unknown. The price's is over the
median of its category. `views` and `reviews` are logarithms of counts plus one."""
PRIOR_VIEWS = 20.0
"""A product is put in the cart as often as products are, until it was looked at about so often."""
UNKNOWN = -1
"""In place of a brand or category that is not known."""

Ids = NDArray[np.int64]
Column = NDArray[np.float64]


@dataclass(frozen=True)
class Signals:
    """Columns of all products, by rising `product_ids`; one more row behind them, of what is not known.

    Parameters
    ----------
    product_ids : array of shape (n,)
    lifts : array of shape (n + 1, len(NAMES))
    in_stock : array of shape (n + 1,)
        1, 0 or nan.
    categories, brands : arrays of shape (n + 1,)
        Equal numbers are equal ones, `UNKNOWN` apart.
    """

    product_ids: Ids
    lifts: NDArray[np.float32]
    in_stock: NDArray[np.float32]
    categories: Ids
    brands: Ids

    @classmethod
    def of_table(cls, table: pa.Table) -> Self:
        """Return the signals of a table of `COLUMNS`."""
        ordered = table.sort_by("product_id")
        by_name = {name: _numbers(ordered[name]) for name in MEASURES}
        brands = ordered["brand"].combine_chunks().dictionary_encode().indices
        return cls(
            product_ids=np.asarray(ordered["product_id"].to_numpy(), np.int64),
            lifts=_ended(np.column_stack(_lifts(by_name)).astype(np.float32), np.nan),
            in_stock=_ended(_numbers(ordered["in_stock"]).astype(np.float32), np.nan),
            categories=_ended(_codes(ordered["category_id"]), UNKNOWN),
            brands=_ended(_codes(brands), UNKNOWN),
        )

    @classmethod
    def of(cls, shards: Sequence[Documents]) -> Self:
        """Return the signals of an index's shards."""
        none = pa.schema([SCHEMA.field(name) for name in COLUMNS]).empty_table()
        return cls.of_table(pa.concat_tables([none, *(shard.columns(COLUMNS) for shard in shards)]))

    def places(self, product_ids: Ids) -> Ids:
        """Return the rows of products; the last one for those that are not there."""
        if not len(self.product_ids):
            return np.full(len(product_ids), -1)
        at = np.minimum(np.searchsorted(self.product_ids, product_ids), len(self.product_ids) - 1)
        return np.where(self.product_ids[at] == product_ids, at, -1)

    def changed(self, documents: Mapping[int, Document | None]) -> "Signals":
        """Return the signals with what is in stock now; None is gone. The rest is of the build."""
        places = self.places(np.fromiter(documents, np.int64, len(documents)))
        stock = np.array([bool(each and each["in_stock"]) for each in documents.values()])
        in_stock = self.in_stock.copy()
        in_stock[places[places >= 0]] = stock[places >= 0]
        return replace(self, in_stock=in_stock)


def _lifts(measures: Mapping[str, Column]) -> list[Column]:
    """Return a column for each of `NAMES`."""
    views, carts = measures["n_views_28d"], measures["n_carts_28d"]
    cart_ratio = _mean(carts) / _mean(views)
    demand = VIEW_WEIGHT * views + CART_WEIGHT * carts + PURCHASE_WEIGHT * measures["n_units_28d"]
    n_reviews = measures["n_reviews"]
    rating = np.where(n_reviews > 0, measures["mean_rating"], np.nan)
    return [
        _lift(measures["look_ratio"]),
        _lift(measures["conversion_ratio"]),
        _logarithm((carts + PRIOR_VIEWS * cart_ratio) / (views + PRIOR_VIEWS) / cart_ratio),
        _lift(1 + demand),
        np.log1p(views),
        _lift(rating),
        np.log1p(n_reviews),
        _logarithm(measures["category_price_ratio"]),
    ]


def _lift(measure: Column) -> Column:
    return _logarithm(measure / _mean(measure))


def _mean(measure: Column) -> float:
    """Return the mean of what is known, nan if that is nothing or 0."""
    known = measure[~np.isnan(measure)]
    return float(known.mean()) or np.nan if len(known) else np.nan


def _logarithm(ratio: Column) -> Column:
    return np.log(ratio, out=np.full(len(ratio), np.nan), where=ratio > 0)


def _numbers(column: pa.ChunkedArray) -> Column:
    return np.array(column.cast(pa.float64(), safe=False).to_numpy(), np.float64)


def _codes(column: pa.ChunkedArray | pa.Array) -> Ids:
    return np.asarray(pc.fill_null(column.cast(pa.int64()), UNKNOWN).to_numpy(), np.int64)


def _ended(rows: Any, end: float) -> Any:  # noqa: ANN401 - arrays of any type
    """Return an array with one more row, of `end`."""
    return np.concatenate([rows, np.full((1, *rows.shape[1:]), end, rows.dtype)])


NO_SIGNALS = Signals.of([])
"""Of no product."""
