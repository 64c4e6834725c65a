"""The nearest of many vectors: the graph beside comparing all.

python -m bench.near_vectors [--quick] [--items 300000]

Vectors are heaps of 96 dimensions, as texts have them. A sample is compared with all; the time for all
is that of the sample times how many there are.
"""

import time

import numpy as np

from bench.table import Figure, parser, report
from models.retrieval.near_vectors import N_AT_ONCE, nearest

N_DIMENSIONS, N_NEAREST, N_PER_HEAP = 96, 50, 25
SPREAD = 0.7


def main() -> None:
    """Draw, build, compare, print."""
    options = parser(__doc__)
    options.add_argument("--items", type=int, default=300_000)
    arguments = options.parse_args()
    n_items = 20_000 if arguments.quick else arguments.items
    vectors = drawn(n_items, seed=0)
    began = time.perf_counter()
    found = np.concatenate([items for _, items, _ in nearest(vectors, N_NEAREST, n_exact=0)])
    by_graph = time.perf_counter() - began
    began = time.perf_counter()
    rows, exact, _ = next(nearest(vectors, N_NEAREST, n_exact=n_items))
    by_comparing = (time.perf_counter() - began) * n_items / N_AT_ONCE
    shared = [np.isin(found[row], exact[at]).mean() for at, row in enumerate(rows)]
    report(
        [
            Figure("items", float(n_items), "items"),
            Figure("along the graph, all items", by_graph, "s", by_comparing),
            Figure(f"of the {N_NEAREST} nearest found", 100 * float(np.mean(shared)), "%", 100.0),
        ],
        arguments.json,
    )


def drawn(n_items: int, seed: int) -> np.ndarray:
    """Return vectors of length 1, in heaps of `N_PER_HEAP`."""
    random = np.random.default_rng(seed)
    heaps = random.normal(size=(n_items // N_PER_HEAP, N_DIMENSIONS))
    vectors = heaps[random.integers(0, len(heaps), n_items)]
    vectors = vectors + SPREAD * random.normal(size=vectors.shape)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


if __name__ == "__main__":
    main()
