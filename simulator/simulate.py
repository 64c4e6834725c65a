"""Write a simulated shop's logs and truth, with Spark or without.

Every row is made from the number of a day, a shopper or a product alone, in batches of bounded
size: no table of shoppers, visits or events is ever held or shuffled.
"""

import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyspark.sql import SparkSession

from features.schemas.logs import (
    ClickstreamEvent,
    Customer,
    OrderLine,
    ProductVersion,
    Review,
    StockLevel,
)
from simulator import clicks, faults, listings, orders, reviews, sales, truth
from simulator.draws import Stream
from simulator.files import TaskFiles
from simulator.shop import SimulatedShop
from simulator.visits import CHUNK, n_chunks, today, visits

Rows = Iterator[tuple[str, pa.Table]]
"""Paths of tables below `out`, and some of their rows."""

COUNTS = "path string, n_rows bigint"
N_PARTS = 8


def simulate(
    spark: SparkSession | None,
    out: Path,
    shop: SimulatedShop,
    n_tasks: int | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> dict[str, int]:
    """Write `out`/raw/<table>/date=.../ and `out`/truth/<table>/, replacing both.

    Parameters
    ----------
    spark
        None: this process makes the rows, all of them.
    out
        A folder that all executors see.
    n_tasks
        Spark's tasks per step; by default four per core. The rows don't depend on it, their files do.
    progress
        Called with a line now and then, and one per table at the end.

    Returns
    -------
    dict
        Rows written by path of the table.
    """
    for layer in ("raw", "truth"):
        shutil.rmtree(out / layer, ignore_errors=True)
    n_blocks = -(-shop.n_products // listings.CHUNK)
    counts = Counter[str]()
    for unit, rows, first, n_units in (
        ("blocks of products", of_products, 0, n_blocks),
        ("chunks of shoppers", of_shoppers, 0, n_chunks(shop)),
        ("days", of_a_day, shop.first, shop.n_days),
    ):
        for part in _parts(range(first, first + n_units)):
            counts += _write(spark, out, shop, rows, part, n_tasks)
            n_done = part.stop - first
            progress(f"{n_done:,} of {n_units:,} {unit}: {counts.total():,} rows so far")
    for path, n_rows in counts.items():
        progress(f"{path}: {n_rows:,} rows")
    return dict(counts)


def _parts(units: range) -> list[range]:
    """Cut a long step into pieces, after each of which there is something to tell."""
    size = -(-len(units) // N_PARTS)
    return [units[n : n + size] for n in range(0, len(units), size)]


def of_products(shop: SimulatedShop, block: int) -> Rows:
    """Return what is known of a block of products."""
    last = min((block + 1) * listings.CHUNK, shop.n_products)
    products = np.arange(block * listings.CHUNK, last)
    yield f"raw/{ProductVersion.table}", listings.product_versions(shop, products)
    yield f"raw/{StockLevel.table}", listings.stock_levels(shop, products)
    yield "truth/product_tastes", truth.product_tastes(shop, products)
    yield "truth/product_qualities", truth.product_qualities(shop, products)
    yield "truth/complements", truth.complements(shop, products)


def of_shoppers(shop: SimulatedShop, chunk: int) -> Rows:
    """Return what is known of a chunk of shoppers."""
    ids = np.arange(chunk * CHUNK, min((chunk + 1) * CHUNK, shop.n_shoppers)) + 1
    yield f"raw/{Customer.table}", listings.customers(shop, ids)
    yield "truth/shopper_tastes", truth.shopper_tastes(shop, ids)


def of_a_day(shop: SimulatedShop, day: int) -> Rows:
    """Return what shoppers did on one day, and what they would have bought."""
    now = today(shop, day)
    wanted = np.zeros(shop.n_products)
    for chunk in range(n_chunks(shop)):
        made = visits(shop, now, chunk)
        rng = np.random.default_rng([shop.seed, Stream.FAULTS, day, chunk])
        sold = faults.recorded(OrderLine, *sales.sales(shop, now, made), shop, rng)
        yield f"raw/{OrderLine.table}", sold
        clicked = faults.recorded(ClickstreamEvent, *clicks.clicks(now, made), shop, rng)
        yield f"raw/{ClickstreamEvent.table}", clicked
        said = faults.recorded(Review, *reviews.reviews(shop, now, made), shop, rng)
        yield f"raw/{Review.table}", said
        wanted += orders.expected_units(now, made)
    yield "truth/product_truth", truth.product_truth(day, wanted)


def _write(
    spark: SparkSession | None,
    out: Path,
    shop: SimulatedShop,
    rows: Callable[[SimulatedShop, int], Rows],
    units: range,
    n_tasks: int | None,
) -> Counter[str]:
    def write(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        numbers = [number for batch in batches for number in batch.column("id").to_pylist()]
        if not numbers:
            return
        files, counts = TaskFiles(out, numbers[0]), Counter[str]()
        for number in numbers:
            for path, table in rows(shop, number):
                files.add(path, table)
                counts[path] += table.num_rows
        files.close()
        yield pa.RecordBatch.from_pylist(
            [{"path": path, "n_rows": n_rows} for path, n_rows in counts.items()]
        )

    total = Counter[str]()
    for path, n_rows in _run(spark, write, units, n_tasks):
        total[path] += n_rows
    return total


def _run(
    spark: SparkSession | None,
    write: Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]],
    units: range,
    n_tasks: int | None,
) -> list[tuple[str, int]]:
    """Write rows of all units, in tasks or here, and return what `write` counted."""
    if spark is None:
        done = pa.Table.from_batches(write(iter([pa.RecordBatch.from_pydict({"id": list(units)})])))
        return list(zip(done["path"].to_pylist(), done["n_rows"].to_pylist(), strict=True))
    n_tasks = n_tasks or 4 * spark.sparkContext.defaultParallelism
    numbers = spark.range(units.start, units.stop, 1, min(n_tasks, len(units)))
    return [(row[0], row[1]) for row in numbers.mapInArrow(write, COUNTS).collect()]
