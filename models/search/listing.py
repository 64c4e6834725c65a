"""All products of an index as columns: what a list of products is filtered and explained by."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from models.search.documents import SCHEMA, Documents

N_POPULAR = 1_000
NONE = 0
"""In place of a category or a seller that is not known."""

COLUMNS = (
    "product_id",
    "title",
    "category_id",
    "seller_id",
    "price_cents",
    "in_stock",
    "popularity",
)

Ids = NDArray[np.int64]


@dataclass(frozen=True)
class Listing:
    """Columns of all products, by rising `product_ids`; all of shape (n_products,)."""

    product_ids: Ids
    category_ids: Ids
    seller_ids: Ids
    price_cents: Ids
    in_stock: NDArray[np.bool_]
    popularity: NDArray[np.float64]
    titles: pa.StringArray

    @classmethod
    def of_table(cls, table: pa.Table) -> Self:
        """Return the listing of a table of `COLUMNS`."""
        ordered = table.sort_by("product_id")

        def numbers(name: str) -> Ids:
            return np.asarray(ordered[name].fill_null(NONE).to_numpy(), np.int64)

        return cls(
            product_ids=numbers("product_id"),
            category_ids=numbers("category_id"),
            seller_ids=numbers("seller_id"),
            price_cents=numbers("price_cents"),
            in_stock=np.asarray(ordered["in_stock"].to_numpy(), bool),
            popularity=np.asarray(ordered["popularity"].to_numpy(), np.float64),
            titles=ordered["title"].combine_chunks(),
        )

    @classmethod
    def of(cls, shards: Sequence[Documents]) -> Self:
        """Return the listing of an index's shards."""
        none = SCHEMA.empty_table().select(COLUMNS)
        return cls.of_table(pa.concat_tables([none, *(shard.columns(COLUMNS) for shard in shards)]))

    def places(self, product_ids: Ids) -> Ids:
        """Return where products stand in the columns, -1 for those that are not listed."""
        if not len(self.product_ids):
            return np.full(len(product_ids), -1)
        at = np.minimum(np.searchsorted(self.product_ids, product_ids), len(self.product_ids) - 1)
        return np.where(self.product_ids[at] == product_ids, at, -1)

    def titles_of(self, product_ids: Sequence[int]) -> dict[int, str]:
        """Return the titles of those products that are listed, by id."""
        places = self.places(np.array(product_ids, np.int64))
        return {
            product_id: self.titles[at].as_py()
            for product_id, at in zip(product_ids, places.tolist(), strict=True)
            if at >= 0
        }

    @cached_property
    def most_popular(self) -> Ids:
        """The ids of the most popular products in stock, the best first, at most `N_POPULAR`."""
        sold = np.nonzero(self.in_stock)[0]
        order = np.lexsort((self.product_ids[sold], -self.popularity[sold]))
        return self.product_ids[sold[order[:N_POPULAR]]]
