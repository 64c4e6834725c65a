"""Products in the same baskets: counts, support, confidence, lift.

Agrawal, Srikant, "Fast Algorithms for Mining Association Rules" (VLDB 1994), for pairs only. The
counts are the sparse product of the basket matrix with itself, taken block by block of items, so
that a block's counts are complete and can be cut to the best before they leave it
(`bench/pipeline.py` has it beside SQL).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.sparse import csc_matrix, csr_matrix

from features.schemas.arrow import arrow_schema
from features.schemas.lake import CoPurchase

MAX_BASKET_ITEMS = 500
"""Larger baskets are stock orders rather than wants; they are left out altogether."""


@dataclass(frozen=True)
class Baskets:
    """Which basket holds which item: a matrix of ones, and the items' ids by column."""

    matrix: csr_matrix
    item_ids: NDArray[np.int64]

    def save(self, folder: Path) -> None:
        """Write the arrays, to be memory-mapped by `load` in other processes."""
        folder.mkdir(parents=True, exist_ok=True)
        np.save(folder / "indptr.npy", self.matrix.indptr)
        np.save(folder / "indices.npy", self.matrix.indices)
        np.save(folder / "item_ids.npy", self.item_ids)

    @classmethod
    def load(cls, folder: Path) -> "Baskets":
        """Open what `save` wrote."""
        parts = [
            np.load(folder / f"{name}.npy", mmap_mode="r")
            for name in ("indptr", "indices", "item_ids")
        ]
        indptr, indices, item_ids = parts
        ones = np.ones(len(indices), np.int32)
        shape = (len(indptr) - 1, len(item_ids))
        return cls(csr_matrix((ones, indices, indptr), shape=shape), np.asarray(item_ids))


def baskets(basket_keys: NDArray[np.int64], item_ids: NDArray[np.int64]) -> Baskets:
    """Return the basket matrix of order lines; a product counts once in a basket."""
    keys, rows = np.unique(basket_keys, return_inverse=True)
    ids, columns = np.unique(item_ids, return_inverse=True)
    cells = np.ones(len(rows), np.int32)
    matrix = csr_matrix((cells, (rows, columns)), shape=(len(keys), len(ids)))
    matrix.data[:] = 1
    small = np.diff(matrix.indptr) <= MAX_BASKET_ITEMS
    return Baskets(matrix[small], ids)


def co_purchases(
    found: Baskets, first: int, last: int, n_best: int, min_baskets: int
) -> Iterator[pa.Table]:
    """Yield the pairs of items `first` to `last` - 1 (columns) with every other item.

    Parameters
    ----------
    n_best
        Pairs kept per item: those with most common baskets, ties by the smaller id.
    min_baskets
        Pairs in fewer baskets are dropped.

    Yields
    ------
    pa.Table
        Table `CoPurchase` without `date`, at most `n_best` rows per item.
    """
    by_item: csc_matrix = found.matrix.tocsc()
    n_of_item = np.diff(by_item.indptr)
    for start in range(first, last, 512):
        end = min(start + 512, last)
        together = (by_item[:, start:end].T @ found.matrix).tocsr()
        yield _best_pairs(together, start, found, n_of_item, (n_best, min_baskets))


def _best_pairs(
    together: csr_matrix,
    start: int,
    found: Baskets,
    n_of_item: NDArray[np.int32],
    limits: tuple[int, int],
) -> pa.Table:
    n_best, min_baskets = limits
    pairs = together.tocoo()
    item, other, n = pairs.row + start, pairs.col, pairs.data
    kept = (item != other) & (n >= min_baskets)
    item, other, n = item[kept], other[kept], n[kept]
    order = np.lexsort((other, -n, item))
    item, other, n = item[order], other[order], n[order]
    rank = _rank_in_group(item)
    best = rank <= n_best
    item, other, n, rank = item[best], other[best], n[best], rank[best]
    n_baskets = found.matrix.shape[0]
    columns = {
        "item_id": found.item_ids[item],
        "other_item_id": found.item_ids[other],
        "n_baskets": n,
        "support_ratio": n / max(n_baskets, 1),
        "confidence_ratio": n / n_of_item[item],
        "lift": (n / n_of_item[item]) * (n_baskets / n_of_item[other]),
        "rank": rank,
    }
    schema = arrow_schema(CoPurchase)
    schema = schema.remove(schema.get_field_index("date"))
    return pa.table({name: columns[name] for name in schema.names}, schema=schema)


def _rank_in_group(sorted_groups: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return 1, 2, ... within each run of equal values."""
    places = np.arange(len(sorted_groups))
    new = np.concatenate([[True], np.diff(sorted_groups) != 0]) if len(places) else places == 0
    return places - np.maximum.accumulate(np.where(new, places, 0)) + 1
