"""Alternating least squares at 11 million interactions: ours, implicit alone, and Spark's MLlib.

python -m bench.train_als [--iterations 15] [--mllib-iterations 15] [--quick] [--json FILE]

200,000 users, 50,000 items, 64 factors, iterations of 3 steps of conjugate gradients, two
threads; items are drawn by a falling power of their rank, users' numbers of items log-normally. The
seconds are the clock's; CPU seconds are the process's, which others on the machine disturb less.
MLlib (local[2], in a JVM of its own) solves exactly; of fewer iterations, the time is that of all at the
mean of those run, reading included. The last lines say what interactions take in memory and how many
24 GiB hold.
"""

import tempfile
import time
import tracemalloc
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from implicit.cpu.als import AlternatingLeastSquares
from pyspark.sql import SparkSession
from threadpoolctl import threadpool_limits

from bench.table import Figure, parser, report
from features.transforms.item_factors import Factorisation, item_factors
from models.retrieval.als import ALSRetriever
from models.retrieval.histories import Histories, histories
from models.retrieval.items import Items

N_USERS, N_ITEMS, N_INTERACTIONS = 200_000, 50_000, 11_000_000
N_FACTORS, N_ITERATIONS, N_STEPS, N_THREADS = 64, 15, 3, 2
REGULARIZATION, ALPHA = 0.01, 10.0
MACHINE_GIB = 24
SEED = 0
SPARK = {
    "spark.driver.memory": "6g",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}


def main() -> None:
    """Read the command line, run, print."""
    options = parser(__doc__)
    options.add_argument("--iterations", type=int, default=N_ITERATIONS)
    options.add_argument("--mllib-iterations", type=int, help="0: leave out; default: as many")
    arguments = options.parse_args()
    log = drawn(100 if arguments.quick else 1)
    n_iterations = arguments.iterations
    figures = [*beside_implicit(log, n_iterations)]
    n_of_mllib = n_iterations if arguments.mllib_iterations is None else arguments.mllib_iterations
    if n_of_mllib:
        seconds = beside_mllib(log, n_of_mllib) * n_iterations / n_of_mllib
        name = f"ours, beside MLlib ({n_of_mllib} iterations run)"
        figures.append(Figure(name, figures[0].value, "s", seconds))
    report(figures, arguments.json)


def drawn(smaller: int) -> Histories:
    """Return so many distinct interactions, or that much fewer of fewer users and items."""
    rng = np.random.default_rng(SEED)
    n_users, n_items, n = (each // smaller for each in (N_USERS, N_ITEMS, N_INTERACTIONS))
    popularity = (np.arange(n_items) + 50.0) ** -0.8
    activity = rng.lognormal(0, 1, n_users)
    cells = np.empty(0, np.int64)
    while len(cells) < n:
        users = rng.choice(n_users, n, p=activity / activity.sum())
        items = rng.choice(n_items, n, p=popularity / popularity.sum())
        cells = np.unique(np.concatenate([cells, users * n_items + items]))
    cells = rng.permutation(cells)[:n]
    ones, days = np.ones(n, np.float32), np.zeros(n)
    return histories(cells // n_items, cells % n_items, ones, days, (n_users, n_items))


def beside_implicit(log: Histories, n_iterations: int) -> Sequence[Figure]:
    """Fit ours, then implicit alone."""
    user_items = log.matrix()
    ours = ALSRetriever(
        N_FACTORS, REGULARIZATION / ALPHA, ALPHA, 0.0, n_iterations, N_STEPS, N_THREADS
    )
    theirs = AlternatingLeastSquares(
        N_FACTORS, REGULARIZATION, ALPHA, iterations=n_iterations, num_threads=N_THREADS
    )
    n_bytes = peak_bytes(log) / len(log.items) + held_bytes(log)
    seconds, cpu_seconds = timed(lambda: ours.fit(log, Items.unknown(log.n_items)))
    with threadpool_limits(1, "blas"):
        of_theirs = timed(lambda: theirs.fit(user_items, show_progress=False))
    n_million = MACHINE_GIB * 2**30 / n_bytes / 1e6
    return [
        Figure("ours, beside implicit", seconds, "s", of_theirs[0]),
        Figure("ours, beside implicit", cpu_seconds, "CPU s", of_theirs[1]),
        Figure("memory of an interaction, factors included", n_bytes, "B"),
        Figure(f"interactions that {MACHINE_GIB} GiB hold", n_million, "million"),
    ]


def held_bytes(log: Histories) -> float:
    """Return the bytes of an interaction in the histories themselves."""
    arrays = (log.items, log.weights, log.days, log.starts)
    return sum(array.nbytes for array in arrays) / len(log.items)


def beside_mllib(log: Histories, n_iterations: int) -> float:
    """Return the seconds that MLlib takes from Parquet to the factors."""
    session = SparkSession.builder.master(f"local[{N_THREADS}]")
    for key, value in SPARK.items():
        session = session.config(key, value)
    spark = session.getOrCreate()
    settings = Factorisation(N_FACTORS, REGULARIZATION, ALPHA, n_iterations, SEED)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        file = Path(folder) / "interactions.parquet"
        pd.DataFrame({"user": log.users, "item": log.items, "weight": log.weights}).astype(
            {"user": "int32", "item": "int32"}
        ).to_parquet(file)
        rows = spark.read.parquet(str(file))
        of_mllib, _ = timed(lambda: item_factors(rows, settings).count())
    spark.stop()
    return of_mllib


def timed(act: Callable[[], object]) -> tuple[float, float]:
    """Return the seconds by the clock and of the process's CPU."""
    began, cpu = time.monotonic(), time.process_time()
    act()
    return time.monotonic() - began, time.process_time() - cpu


def peak_bytes(log: Histories) -> int:
    """Return the most that arrays of one iteration take at once, the log's own left out."""
    model = ALSRetriever(N_FACTORS, n_iterations=1, n_threads=N_THREADS)
    tracemalloc.start()
    model.fit(log, Items.unknown(log.n_items))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


if __name__ == "__main__":
    main()
