"""The nearest of many vectors: all compared where they are few enough, else along a graph.

Source: Malkov and Yashunin, "Efficient and robust approximate nearest neighbor search using
hierarchical navigable small world graphs" (IEEE TPAMI 2020), as usearch has it.
"""

from collections.abc import Iterator

import numpy as np
from scipy.sparse import csr_matrix
from usearch.index import Index

from models.retrieval.contract import NO_ITEM, retrieve_by_vectors
from models.retrieval.histories import Rows, Scores

N_EXACT = 200_000
"""Up to so many items each is compared with all: the time grows with the square."""

N_AT_ONCE = 5_000
N_LINKS, N_LOOKED_AT_BUILDING, N_LOOKED_AT = 16, 64, 128
"""Of the graph: edges of a node, and how many nodes are looked at to find its place, or an answer."""


def nearest(vectors: Scores, n: int, n_exact: int = N_EXACT) -> Iterator[tuple[Rows, Rows, Scores]]:
    """Yield some items after the others with their n nearest, by falling dot product.

    Vectors are of length 1, or 0 for an item that is near nothing. Above `n_exact` of them some of
    the nearest are missed (`python -m bench.near_vectors` says how many). The same vectors give the
    same answer.

    Yields
    ------
    rows, items, products : arrays of shape (m,), (m, n) and (m, n)
        -1 behind the last; no item is near itself.
    """
    if len(vectors) <= n_exact:
        yield from _compared(vectors, n)
    else:
        yield from _along_graph(vectors, n)


def _compared(vectors: Scores, n: int) -> Iterator[tuple[Rows, Rows, Scores]]:
    for rows in _parts(len(vectors)):
        itself = csr_matrix(
            (np.ones(len(rows)), (np.arange(len(rows)), rows)), shape=(len(rows), len(vectors))
        )
        yield rows, *retrieve_by_vectors(vectors[rows], vectors, itself, n, None)


def _along_graph(vectors: Scores, n: int) -> Iterator[tuple[Rows, Rows, Scores]]:
    graph = Index(
        ndim=vectors.shape[1],
        metric="ip",
        dtype="f32",
        connectivity=N_LINKS,
        expansion_add=N_LOOKED_AT_BUILDING,
        expansion_search=N_LOOKED_AT,
    )
    known = np.nonzero(vectors.any(axis=1))[0]
    # One thread: several would put the nodes in another order each time.
    graph.add(known, vectors[known], threads=1)
    for rows in _parts(len(vectors)):
        items = np.full((len(rows), n), NO_ITEM, np.int64)
        products = np.full((len(rows), n), -np.inf, np.float32)
        asked = np.nonzero(vectors[rows].any(axis=1))[0]
        if len(asked):
            n_asked = min(n + 1, len(known))
            found = graph.search(vectors[rows[asked]], n_asked, threads=0)
            items[asked], products[asked] = _without_itself(
                rows[asked], found.keys.astype(np.int64), 1 - found.distances, n
            )
        yield rows, items, products


def _without_itself(rows: Rows, items: Rows, products: Scores, n: int) -> tuple[Rows, Scores]:
    """Return n of n + 1 answers: the one that asks is left out, or else the last."""
    others = items != rows[:, None]
    others[others.all(axis=1), -1] = False
    shape = (len(rows), items.shape[1] - 1)
    kept, of_kept = items[others].reshape(shape), products[others].reshape(shape)
    missing = ((0, 0), (0, n - shape[1]))
    return (
        np.pad(kept, missing, constant_values=NO_ITEM),
        np.pad(of_kept, missing, constant_values=-np.inf),
    )


def _parts(n: int) -> Iterator[Rows]:
    for start in range(0, n, N_AT_ONCE):
        yield np.arange(start, min(start + N_AT_ONCE, n))
