"""All products of an index as columns: what a list of products is filtered and explained by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from models.search.documents import SCHEMA, Documents

N_POPULAR = 1_000
N_RANKED = 20_000
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
    """Columns of all products, by rising `product_ids`; all of shape (n_products,).

    A product that is gone is one out of stock. `product_ids` is the same array as long as none is new.

    Parameters
    ----------
    ranked
        The places of the `N_RANKED` most popular, best first.
    renamed
        Titles that are newer than `titles`, by product id.
    """

    product_ids: Ids
    category_ids: Ids
    seller_ids: Ids
    price_cents: Ids
    in_stock: NDArray[np.bool_]
    popularity: NDArray[np.float64]
    titles: pa.StringArray
    ranked: Ids
    renamed: Mapping[int, str] = field(default_factory=dict)

    @classmethod
    def of_table(cls, table: pa.Table) -> Self:
        """Return the listing of a table of `COLUMNS`."""
        ordered = table.sort_by("product_id")

        def numbers(name: str) -> Ids:
            return np.asarray(ordered[name].fill_null(NONE).to_numpy(), np.int64)

        popularity = np.asarray(ordered["popularity"].to_numpy(), np.float64)
        return cls(
            product_ids=numbers("product_id"),
            category_ids=numbers("category_id"),
            seller_ids=numbers("seller_id"),
            price_cents=numbers("price_cents"),
            in_stock=np.asarray(ordered["in_stock"].to_numpy(), bool),
            popularity=popularity,
            titles=ordered["title"].combine_chunks(),
            ranked=np.argsort(-popularity, kind="stable")[:N_RANKED],
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
            product_id: self.renamed.get(product_id) or self.titles[at].as_py()
            for product_id, at in zip(product_ids, places.tolist(), strict=True)
            if at >= 0
        }

    @cached_property
    def most_popular(self) -> Ids:
        """The ids of the most popular products in stock, the best first, at most `N_POPULAR`."""
        sold = self.ranked[self.in_stock[self.ranked]]
        return self.product_ids[sold[:N_POPULAR]]
