"""Boosted trees made quick for a few hundred rows at a time, with the scores LightGBM gives.

Source: Lucchese et al., "QuickScorer: a fast algorithm to rank documents with additive ensembles of
regression trees" (SIGIR 2015). Every node whose test fails strikes out the leaves on its left; the
first leaf left over is the tree's. We depart from them in going through all nodes, and for each
through all rows: that has no branch in it, so that the processor takes many rows at once.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

import lightgbm
import numpy as np
from numba import njit
from numpy.typing import NDArray

MAX_LEAVES = 32
ALL_LEAVES = (1 << MAX_LEAVES) - 1
DE_BRUIJN = 0x077CB531
PLACES = np.zeros(MAX_LEAVES, np.uint8)
PLACES[[(DE_BRUIJN << place & ALL_LEAVES) >> 27 for place in range(MAX_LEAVES)]] = range(MAX_LEAVES)
"""By a lone bit's product with the constant: the place of the bit (Leiserson, Prokop, Randall, 1998)."""

Floats = NDArray[np.float64]
Columns = NDArray[np.float32]


class UnknownTreeError(ValueError):
    """The trees hold a kind of test that is not understood here."""


@dataclass(frozen=True)
class QuickTrees:
    """The trees of a LightGBM model, node by node in order of the trees.

    Parameters
    ----------
    starts : array of shape (n_trees + 1,)
        Tree t's nodes are `starts[t]` to `starts[t + 1]`, the latter not included.
    columns, thresholds : arrays of shape (n_nodes,)
        A row goes right where its column is above the threshold.
    left_if_nan, nan_is_zero : arrays of shape (n_nodes,)
        Where a row goes without a value; whether it counts as 0 instead.
    masks : array of shape (n_nodes,)
        Bits of the leaves that are left where a row goes right.
    leaves : array of shape (n_trees, n_leaves)
        Values, leftmost first.
    """

    starts: NDArray[np.int64]
    columns: NDArray[np.int64]
    thresholds: Columns
    left_if_nan: NDArray[np.bool_]
    nan_is_zero: NDArray[np.bool_]
    masks: NDArray[np.uint32]
    leaves: Floats

    @classmethod
    def of(cls, booster: lightgbm.Booster) -> Self:
        """Return a model's trees.

        Raises
        ------
        UnknownTreeError
            If they test categories, keep zeros apart or have more than `MAX_LEAVES` leaves.
        """
        trees = [_Tree.read(each["tree_structure"]) for each in booster.dump_model()["tree_info"]]
        n_leaves = max((len(tree.leaves) for tree in trees), default=1)
        leaves = np.zeros((len(trees), n_leaves))
        for row, tree in zip(leaves, trees, strict=True):
            row[: len(tree.leaves)] = tree.leaves
        nodes = [node for tree in trees for node in tree.nodes]
        return cls(
            starts=np.cumsum([0, *(len(tree.nodes) for tree in trees)]).astype(np.int64),
            columns=np.array([node["split_feature"] for node, _ in nodes], np.int64),
            thresholds=np.array([_single(node["threshold"]) for node, _ in nodes], np.float32),
            left_if_nan=np.array([node["default_left"] for node, _ in nodes], np.bool_),
            nan_is_zero=np.array([node["missing_type"] == "None" for node, _ in nodes], np.bool_),
            masks=np.array([mask for _, mask in nodes], np.uint32),
            leaves=leaves,
        )

    def score(self, columns: Columns) -> Floats:
        """Return the sums of the trees, shape (n_rows,).

        Parameters
        ----------
        columns : array of shape (n_columns, n_rows), contiguous
            The features, one column after the other.
        """
        return np.asarray(
            _score(
                (self.starts, self.columns, self.thresholds, self.left_if_nan, self.nan_is_zero),
                self.masks,
                self.leaves,
                columns,
            )
        )


@dataclass(frozen=True)
class _Tree:
    nodes: list[tuple[Mapping[str, Any], int]]
    leaves: list[float]

    @classmethod
    def read(cls, root: Mapping[str, Any]) -> Self:
        leaves: list[float] = []
        nodes = list(_nodes(root, leaves))
        if len(leaves) > MAX_LEAVES:
            raise UnknownTreeError(f"a tree has {len(leaves)} leaves, more than {MAX_LEAVES}")
        return cls(nodes, leaves)


def _nodes(node: Mapping[str, Any], leaves: list[float]) -> Iterator[tuple[Mapping[str, Any], int]]:
    """Yield each node with its mask, and put the leaves' values in order."""
    if "leaf_value" in node:
        leaves.append(node["leaf_value"])
        return
    if node["decision_type"] != "<=" or node["missing_type"] == "Zero":
        raise UnknownTreeError(f"test {node['decision_type']}, missing {node['missing_type']}")
    first = len(leaves)
    yield from _nodes(node["left_child"], leaves)
    on_the_left = (1 << len(leaves)) - (1 << first)
    yield node, ALL_LEAVES & ~on_the_left
    yield from _nodes(node["right_child"], leaves)


def _single(threshold: float) -> np.float32:
    """Return the largest single-precision number not above a threshold: singles compare alike."""
    with np.errstate(over="ignore"):
        rounded = np.float32(threshold)
    above = float(rounded) > threshold
    return np.nextafter(rounded, np.float32(-np.inf)) if above else rounded


@njit(cache=True)
def _score(nodes: Any, masks: Any, leaves: Any, columns: Any) -> Any:  # noqa: ANN401 - compiled
    starts, tested, thresholds, left_if_nan, nan_is_zero = nodes
    n_rows = columns.shape[1]
    sums = np.zeros(n_rows)
    left = np.empty(n_rows, np.uint32)
    for tree in range(len(starts) - 1):
        left[:] = np.uint32(ALL_LEAVES)
        for node in range(starts[tree], starts[tree + 1]):
            values, threshold, mask = columns[tested[node]], thresholds[node], masks[node]
            nan_left = np.float32(0) <= threshold if nan_is_zero[node] else left_if_nan[node]
            if nan_left:
                for row in range(n_rows):
                    left[row] &= mask if values[row] > threshold else np.uint32(ALL_LEAVES)
            else:
                for row in range(n_rows):
                    left[row] &= np.uint32(ALL_LEAVES) if values[row] <= threshold else mask
        for row in range(n_rows):
            first = np.uint32(left[row] & (~left[row] + np.uint32(1)))
            sums[row] += leaves[tree, PLACES[np.uint32(first * np.uint32(DE_BRUIJN)) >> 27]]
    return sums
