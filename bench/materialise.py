"""A day's features of many products brought online: in parts by several processes, beside Feast's `materialize`.

python -m bench.materialise [--quick] [--rows 1000000] [--processes 0]

All columns of `product_features` are drawn at random, a tenth of them null, and lie in a lake as a day. Each way
brings them into a Redis of its own, in processes of its own, import and all: the job's (`features.store.materialising`),
and `FeatureStore.materialize`. Printed are seconds and the peak of all processes' memory, Redis's not among it.
Then the SDK reads products of both, which have to be the same.
"""

import argparse
import datetime as dt
import sys
import tempfile
from pathlib import Path

import numpy as np
import pyarrow as pa

from bench.features import drawn
from bench.processes import redis_server
from bench.table import Figure, parser, report
from bench.watch import say, watched
from features.schemas.lake import ProductFeatures
from features.store.materialising import N_WORTH_PROCESSES, Materialising
from features.store.opening import apply_definitions, open_store
from features.store.packed import PRODUCT
from jobs.partitions import Partitions
from jobs.publish_features import n_cores

N_ROWS, N_ROWS_QUICK = 1_000_000, 20_000
N_COMPARED = 1_000
SEED = 3
DAY = dt.date(2026, 1, 31)
OURS, FEASTS = "ours", "feasts"


def main() -> None:
    """Draw, write both ways, compare, print."""
    arguments = _arguments()
    if arguments.way:
        write(arguments)
        return
    n_rows = N_ROWS_QUICK if arguments.quick else arguments.rows
    n_processes = arguments.processes or n_cores()
    with tempfile.TemporaryDirectory(prefix="bench-", dir=arguments.folder) as name:
        figures = measured(Path(name), n_rows, n_processes)
    report(figures, arguments.json)


def _arguments() -> argparse.Namespace:
    options = parser(__doc__)
    options.add_argument("--rows", type=int, default=N_ROWS)
    options.add_argument("--processes", type=int, default=0, help="0: one for each core")
    options.add_argument("--folder", type=Path, help="where the lake is made")
    options.add_argument("--way", choices=(OURS, FEASTS), help=argparse.SUPPRESS)
    options.add_argument("--redis", help=argparse.SUPPRESS)
    return options.parse_args()


def measured(folder: Path, n_rows: int, n_processes: int) -> list[Figure]:
    """Return what both ways took, having compared what they wrote."""
    random = np.random.default_rng(SEED)
    Partitions(folder / "lake").write(ProductFeatures, _on_the_day(n_rows, random), DAY)
    asked = random.choice(np.arange(1, n_rows + 1), min(N_COMPARED, n_rows), replace=False)
    taken, values = {}, {}
    for way in (OURS, FEASTS):
        home = folder / way
        home.mkdir()
        with redis_server(home) as url:
            command = [sys.executable, "-m", "bench.materialise", "--way", way, "--redis", url]
            command += ["--folder", str(folder), "--processes", str(n_processes)]
            say(f"{way}: {n_rows:,} rows")
            taken[way] = watched(command, home)
            values[way] = read(folder, url, asked.tolist())
    if values[OURS] != values[FEASTS]:
        sys.exit("FAILED: what was written is not what Feast writes")
    (seconds, peak), (feasts_seconds, feasts_peak) = taken[OURS], taken[FEASTS]
    return [
        Figure("products", n_rows, ""),
        Figure("processes", n_processes if n_rows >= N_WORTH_PROCESSES else 1, "", 1),
        Figure("seconds, beside materialize", seconds, "s", feasts_seconds),
        Figure("rows a second", n_rows / seconds, "1/s", n_rows / feasts_seconds),
        Figure("memory of all processes", peak / 1e9, "GB", feasts_peak / 1e9),
        Figure("products compared, all the same", len(asked), ""),
    ]


def write(arguments: argparse.Namespace) -> None:
    """Bring the day online one of the two ways."""
    registry, lake = arguments.folder / arguments.way / "feast", arguments.folder / "lake"
    store = open_store(registry, arguments.redis, overwrite=True)
    apply_definitions(store, lake)
    if arguments.way == OURS:
        rows = Partitions(lake).read(ProductFeatures, DAY, DAY).drop_columns(["date"])
        writing = Materialising(registry, arguments.redis, arguments.processes)
        writing.write(store, ProductFeatures.table, rows)
        return
    first = dt.datetime.combine(DAY, dt.time(), dt.UTC)
    store.materialize(first, first + dt.timedelta(days=2), [ProductFeatures.table])


def read(folder: Path, redis_url: str, product_ids: list[int]) -> dict[str, list[object]]:
    """Return what the SDK reads of some products."""
    store = open_store(folder / OURS / "feast", redis_url)
    names = [f"{PRODUCT.view}:{name}" for name in PRODUCT.columns]
    entities = [{PRODUCT.entity: product_id} for product_id in product_ids]
    found: dict[str, list[object]] = store.get_online_features(names, entities).to_dict()
    return found


def _on_the_day(n_rows: int, random: np.random.Generator) -> pa.Table:
    rows = drawn(ProductFeatures, n_rows, random)
    after = dt.datetime.combine(DAY + dt.timedelta(days=1), dt.time(), dt.UTC)
    columns = {
        "available_at": pa.array([after] * n_rows, rows.schema.field("available_at").type),
        "date": pa.array([DAY] * n_rows, pa.date32()),
    }
    for name, values in columns.items():
        rows = rows.set_column(rows.schema.get_field_index(name), rows.schema.field(name), values)
    return rows


if __name__ == "__main__":
    main()
