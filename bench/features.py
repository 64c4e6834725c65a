"""Features of 100 candidates and their user: Feast's SDK beside one MGET of packed rows.

python -m bench.features [--quick] [--json FILE]

All columns of `product_features` and `user_features`, drawn at random with nulls, are written as the
job does it. Both ways then take turns of 20 requests in one process: the milliseconds are medians of the wall
clock and, beside, of this process' own time. Every value of both is compared; one that differs fails the run.
"""

import asyncio
import datetime as dt
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from redis import Redis

from bench.processes import redis_server
from bench.table import Figure, parser, report
from features.schemas.arrow import arrow_schema
from features.schemas.lake import ProductFeatures, UserFeatures
from features.schemas.row import Row
from features.store.definitions import PUSHED
from features.store.materialising import Materialising
from features.store.opening import FeatureStore, apply_definitions, open_store
from features.store.packed import PACKED, PRODUCT, USER, Found, Wanted
from features.store.packed_redis import AsyncPackedFeatures, Connections, PackedFeatures
from jobs.publish_features import Online

N_CANDIDATES = 100
N_PRODUCTS, N_USERS = 2_000, 500
NULL_SHARE = 0.1
N_IN_TURN = 20
TIMEOUT_SECONDS = 5.0
SEED = 1
Values = NDArray[np.float64]


def main() -> None:
    """Read the command line, run, print."""
    args = parser(__doc__).parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder, redis_server(Path(folder)) as url:
        figures = measured(Path(folder), url, n_requests=20 if args.quick else 200)
    report(figures, args.json)
    if next(figure.value for figure in figures if figure.name == "values that differ"):
        sys.exit("FAILED: packed rows are not what Feast returns")


def measured(folder: Path, url: str, n_requests: int) -> list[Figure]:
    """Write random features, read them both ways, compare and time."""
    store = open_store(folder / "feast", url, overwrite=True)
    apply_definitions(store, folder / "lake")
    random = np.random.default_rng(SEED)
    with Redis.from_url(url) as redis:
        packed = PackedFeatures(redis)
        for row, n_rows in ((ProductFeatures, N_PRODUCTS), (UserFeatures, N_USERS)):
            Online(store, packed, Materialising(folder / "feast", url)).write(
                row, drawn(row, n_rows, random)
            )
        requests = [_request(random) for _ in range(n_requests)]
        by_feast, by_packed = Timed(lambda one: read_by_feast(store, one)), Timed(packed.read)
        n_values, n_unequal = 0, 0
        for start in range(0, n_requests, N_IN_TURN):
            turn = requests[start : start + N_IN_TURN]
            values = np.concatenate([by_feast(request) for request in turn])
            others = np.concatenate([flat(found) for found in [by_packed(each) for each in turn]])
            n_values += values.size
            n_unequal += n_different(values, others)
    in_loop = asyncio.run(_in_an_event_loop(url, requests))
    return [
        *_beside("packed rows, one MGET", by_packed, by_feast),
        *_beside("packed rows, event loop", in_loop, by_feast),
        Figure("values compared", n_values, "values"),
        Figure("values that differ", n_unequal, "values"),
    ]


@dataclass
class Timed:
    """A way to read; notes how long each call took, and of that in this process, in milliseconds."""

    read: Callable[[Wanted], Any]
    wall: list[float] = field(default_factory=list)
    own: list[float] = field(default_factory=list)

    def __call__(self, wanted: Wanted) -> Any:  # noqa: ANN401 - what `read` returns
        """Read once."""
        began, began_own = time.perf_counter(), time.process_time()
        found = self.read(wanted)
        self.own.append(1000 * (time.process_time() - began_own))
        self.wall.append(1000 * (time.perf_counter() - began))
        return found


def read_by_feast(store: FeatureStore, wanted: Wanted) -> Values:
    """Read by the SDK, one call per entity: values in the order of `flat`, nan for None."""
    products = [{PRODUCT.entity: product_id} for product_id in wanted.product_ids]
    names = [f"{PRODUCT.view}:{name}" for name in PRODUCT.columns]
    found = store.get_online_features(names, products).to_dict()
    names = [f"{USER.view}:{name}" for name in USER.columns]
    names += [f"{view}:{column}" for view, column in PUSHED.items()]
    user = store.get_online_features(names, [{USER.entity: wanted.user_id}]).to_dict()
    of_products = np.array([found[name] for name in PRODUCT.columns], dtype=np.float64).T
    of_user = np.array([user[name][0] for name in USER.columns], dtype=np.float64)
    lists = [user[column][0] or [] for column in PUSHED.values()]
    return np.concatenate([of_products.ravel(), of_user, *lists])


def n_different(values: Values, others: Values) -> int:
    """Count the places where two arrays differ; nan is like nan."""
    return int(np.sum((values != others) & ~(np.isnan(values) & np.isnan(others))))


def flat(found: Found) -> Values:
    """Return all values one after the other."""
    return np.concatenate([found.products.ravel(), found.user, *found.user_lists.values()])


def drawn(row: type[Row], n_rows: int, random: np.random.Generator) -> pa.Table:
    """Return a table of random values, a tenth of them null."""
    shape, schema = PACKED[row], arrow_schema(row)
    cells: dict[str, pa.Array] = {shape.entity: pa.array(range(1, n_rows + 1), pa.int64())}
    for name in shape.columns:
        whole = schema.field(name).type == pa.int64()
        numbers = random.integers(0, 2**53, n_rows) if whole else random.normal(size=n_rows)
        cells[name] = pa.array(numbers, schema.field(name).type, mask=_nulls(random, n_rows))
    for column in set(PUSHED.values()) & set(schema.names):
        lists = random.integers(1, 10**6, (n_rows, 20)).tolist()
        cells[column] = pa.array(lists, schema.field(column).type)
    now = dt.datetime.fromtimestamp(time.time(), dt.UTC)  # noqa: TID251 - a row's age changes nothing here
    cells["available_at"] = pa.array([now] * n_rows, schema.field("available_at").type)
    cells["date"] = pa.array([now.date()] * n_rows, pa.date32())
    return pa.table([cells[name] for name in schema.names], schema=schema)


def _nulls(random: np.random.Generator, n_rows: int) -> NDArray[np.bool_]:
    return random.random(n_rows) < NULL_SHARE


def _request(random: np.random.Generator) -> Wanted:
    candidates = random.choice(np.arange(1, N_PRODUCTS + N_CANDIDATES), N_CANDIDATES, replace=False)
    return Wanted(candidates.tolist(), int(random.integers(1, N_USERS + 1)))


async def _in_an_event_loop(url: str, requests: list[Wanted]) -> Timed:
    timed = Timed(lambda wanted: wanted)
    connections = Connections(url, TIMEOUT_SECONDS)
    packed = AsyncPackedFeatures(connections)
    await packed.read(requests[0])  # opens the connection
    for wanted in requests:
        began, began_own = time.perf_counter(), time.process_time()
        await packed.read(wanted)
        timed.own.append(1000 * (time.process_time() - began_own))
        timed.wall.append(1000 * (time.perf_counter() - began))
    await connections.close()
    return timed


def _beside(name: str, timed: Timed, reference: Timed) -> list[Figure]:
    wall, own = float(np.median(timed.wall)), float(np.median(timed.own))
    feast_wall, feast_own = float(np.median(reference.wall)), float(np.median(reference.own))
    return [
        Figure(name, wall, "ms", feast_wall),
        Figure(f"{name}: own time", own, "ms", feast_own),
        Figure(f"{name}: times faster", feast_wall / wall, "times"),
    ]


if __name__ == "__main__":
    main()
