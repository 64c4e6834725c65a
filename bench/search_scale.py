"""Search over a million products: how fast the index is built, and how fast it answers over HTTP.

python -m bench.search_scale [--products 1000000] [--seconds 30]

The index is built by the job's own code, Spark on two cores. It is then served as the shop serves it,
one process: each answer has 20 products, all facets and counts. Queries are one to three words that
stand together in a product's title, every third with a filter, every tenth a category without words;
they come 25, 50 and 100 a second whether earlier ones are answered or not. They are 2,000, so that many are asked
again, and the service keeps their answers; at last come as many as can be told apart, most of them never asked before. Client, Redis and service share the
machine; what the service takes of the processors for one answer depends least on what else runs there. Beside it Tantivy alone, called in a process without HTTP, with one facet and ten products, and
PostgreSQL's full-text search, likewise.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

import numpy as np
import psutil

from bench.for_you import WARM_UP_SECONDS, load, quantile
from bench.for_you_load import Result
from bench.processes import redis_server, running
from bench.search_products import batches, write_products
from bench.search_references import postgres_search, tantivy_search
from bench.table import Figure, parser, report
from bench.watch import REPOSITORY, say, watched
from emporium.ports import free_port
from emporium.services import granian

N_PRODUCTS, N_PRODUCTS_QUICK = 1_000_000, 20_000
N_QUERIES, N_REFERENCE_QUERIES = 2_000, 300
N_NEW_QUERIES = 30_000
RATE_PER_SECOND = 100.0
RATES_PER_SECOND = (25.0, 50.0, RATE_PER_SECOND)
WANTED_DOCUMENTS, WANTED_GB = 60_000.0, 4.0
WANTED_P50_MS, WANTED_P99_MS, WANTED_SUGGESTIONS_MS = 10.0, 50.0, 10.0


def main() -> None:
    """Write products, build, serve, ask, print."""
    options = parser(__doc__)
    options.add_argument("--products", type=int, default=N_PRODUCTS)
    options.add_argument("--seconds", type=float, default=30.0, help="of each load")
    arguments = options.parse_args()
    n_products = N_PRODUCTS_QUICK if arguments.quick else arguments.products
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        say(f"writing {n_products:,} products ...")
        write_products(n_products, folder / "products")
        figures = [*building(folder, n_products), *asking(folder, arguments.seconds)]
    report(figures, arguments.json)


def building(folder: Path, n_products: int) -> Iterator[Figure]:
    """Build our index and Tantivy's."""
    say("building the index ...")
    paths = [str(folder / "products"), str(folder / "index")]
    _, peak_bytes = watched([sys.executable, "-m", "bench.search_build", *paths], folder)
    seconds = _last_line(folder / "log")
    say("building Tantivy's ...")
    paths = ["build", str(folder / "products"), str(folder / "tantivy")]
    watched([sys.executable, "-m", "bench.search_references", *paths], folder)
    alone = _last_line(folder / "log")
    yield Figure(
        "shards written, beside Tantivy alone",
        n_products / seconds["shards"],
        "docs/s",
        n_products / alone["seconds"],
    )
    yield Figure(
        "the same, beside what is wanted",
        n_products / seconds["shards"],
        "docs/s",
        WANTED_DOCUMENTS,
    )
    each, each_alone = (
        1e6 * taken / n_products for taken in (seconds["shards_processor"], alone["processor"])
    )
    yield Figure("processors' time for one document, beside Tantivy alone", each, "us", each_alone)
    yield Figure("the whole build: read, written, checked, published", seconds["whole"], "s")
    yield Figure("memory of the build, all processes", peak_bytes / 1e9, "GB", WANTED_GB)
    on_disk = sum(path.stat().st_size for path in (folder / "index").rglob("*") if path.is_file())
    yield Figure("size on disk", on_disk / 1e6, "MB")


def _last_line(log: Path) -> dict[str, float]:
    found: dict[str, float] = json.loads(log.read_text().splitlines()[-1])
    return found


def asking(folder: Path, seconds: float) -> Iterator[Figure]:
    """Ask the service and the references."""
    texts = queries(folder / "products", N_QUERIES)
    loads, new, suggested, memory = asked(folder, texts, seconds)
    searches = loads[RATE_PER_SECOND].result
    say("asking the references ...")
    alone = timed(tantivy_search(folder / "tantivy"), texts[:N_REFERENCE_QUERIES])
    with postgres_search(folder / "products", folder / "postgres") as search:
        full_text = timed(search, texts[:N_REFERENCE_QUERIES])
    for name, q, wanted in (("p50", 0.5, WANTED_P50_MS), ("p99", 0.99, WANTED_P99_MS)):
        measured = quantile(searches, q)
        yield Figure(f"searches at 100/s: {name}, beside what is wanted", measured, "ms", wanted)
        yield Figure(f"  beside Tantivy alone, in a process, {name}", measured, "ms", alone(q))
        yield Figure(f"  beside PostgreSQL, in a process, {name}", measured, "ms", full_text(q))
    for rate, each in loads.items():
        yield from of_load(f"searches at {rate:.0f}/s", each)
    held = [rate for rate, each in loads.items() if is_held(each)]
    yield Figure("searches: highest rate with p99 as wanted", max(held, default=0.0), "1/s")
    yield from of_load("searches never asked before, at 100/s", new)
    yield from of_suggestions(suggested)
    yield Figure("memory of the service", memory / 1e9, "GB", WANTED_GB)


@dataclass(frozen=True)
class Load:
    """What came of a load, and the processor's time that the service took for each answer."""

    result: Result
    cpu_ms_each: float

    @property
    def n_refused(self) -> int:
        """Answers that said to come again, and requests not sent for want of a client."""
        n_answers = sum(self.result.n_by_status.values())
        return n_answers - len(self.result.seconds_each) + self.result.n_not_sent


def asked(
    folder: Path, texts: Sequence[str], seconds: float
) -> tuple[Mapping[float, Load], Load, Load, int]:
    """Serve an index and ask it.

    Returns
    -------
    loads, new, suggested, memory
        Loads of searches by their rate, that of new ones and that of suggestions, and the bytes of the service.
    """
    paths = [search_path(n, text) for n, text in enumerate(texts)]
    known = {*texts}
    others = dict.fromkeys(queries(folder / "products", N_NEW_QUERIES))
    new = [search_path(n, text) for n, text in enumerate(others) if text not in known]
    typed = [f"/api/v1/suggestions?{urlencode({'q': typed_of(text)})}" for text in texts]
    with serving(folder) as (port, process):

        def loaded(paths: list[str], rate: float) -> Load:
            before = sum(process.cpu_times()[:2])
            result = load(port, paths, seconds, rate, ("200", "503"))
            took = sum(process.cpu_times()[:2]) - before
            n_answers = len(result.seconds_each) * (seconds + WARM_UP_SECONDS) / seconds
            return Load(result, 1_000 * took / n_answers)

        say("asking the service ...")
        loads = {rate: loaded(paths, rate) for rate in RATES_PER_SECOND}
        never_asked, suggested = loaded(new, RATE_PER_SECOND), loaded(typed, RATE_PER_SECOND)
        return loads, never_asked, suggested, process.memory_full_info().pss


def of_load(name: str, each: Load) -> Iterator[Figure]:
    """Return what a load of searches came to."""
    p50, p99 = (quantile(each.result, q) for q in (0.5, 0.99))
    yield Figure(f"{name}: p50", p50, "ms", WANTED_P50_MS)
    yield Figure(f"{name}: p99", p99, "ms", WANTED_P99_MS)
    yield Figure(f"{name}: processor's time for one, the service alone", each.cpu_ms_each, "ms")
    yield Figure(f"{name}: refused or not sent", float(each.n_refused), "")


def of_suggestions(suggested: Load) -> Iterator[Figure]:
    """Return what the suggestions came to."""
    for name, q in (("p50", 0.5), ("p99", 0.99)):
        measured = quantile(suggested.result, q)
        yield Figure(f"suggestions at 100/s: {name}", measured, "ms", WANTED_SUGGESTIONS_MS)
    yield Figure("suggestions: processor's time for one", suggested.cpu_ms_each, "ms")
    yield Figure("suggestions: refused or not sent", float(suggested.n_refused), "")


def is_held(each: Load) -> bool:
    """Return whether all were answered, nearly all in time."""
    return each.n_refused == 0 and quantile(each.result, 0.99) <= WANTED_P99_MS


def queries(products: Path, n_queries: int) -> list[str]:
    """Return words that stand together in titles."""
    chance = random.Random(0)  # noqa: S311 - no secret
    titles = next(batches(products))["title"].to_pylist()
    return [some_words(chance.choice(titles), chance) for _ in range(n_queries)]


def some_words(title: str, chance: random.Random) -> str:
    """Return one to three words of a title."""
    words = title.replace(",", "").split()
    n_words = chance.choice([1, 2, 2, 3])
    start = chance.randrange(max(len(words) - n_words + 1, 1))
    return " ".join(words[start : start + n_words])


def typed_of(text: str) -> str:
    """Return what was typed of a query before it was whole."""
    return text[: max(2, len(text) - 2)]


def search_path(n: int, text: str) -> str:
    """Return a request: each third with a filter, each tenth a category."""
    if n % 10 == 9:
        return f"/api/v1/categories/{n % 54 + 1}/products"
    filters = {"in_stock": "true", "max_price": "10000"} if n % 3 == 2 else {}
    return f"/api/v1/products?{urlencode({'q': text, **filters})}"


def timed(search: Callable[[str], None], texts: Sequence[str]) -> Callable[[float], float]:
    """Ask one after the other; return what gives a quantile in milliseconds."""
    for text in texts[:20]:
        search(text)
    seconds = []
    for text in texts:
        began = time.perf_counter()
        search(text)
        seconds.append(time.perf_counter() - began)
    return lambda q: float(np.quantile(seconds, q)) * 1_000


@contextmanager
def serving(folder: Path) -> Iterator[tuple[int, psutil.Process]]:
    """Serve the index of a folder; yield the port, and the process that answers."""
    port = free_port()
    with redis_server(folder) as redis_url:
        environment = os.environ | {  # noqa: TID251 - handed on to the service
            "PYTHONPATH": str(REPOSITORY),
            "EMPORIUM_HOME": str(folder),
            "REDIS_URL": redis_url,
            "MLFLOW_TRACKING_URI": f"sqlite:///{folder}/mlflow.db",
            "LOG_LEVEL": "ERROR",
        }
        command = granian("serving.app:create_app", port, 1)
        log = folder / "serving.log"
        with running(command, log, lambda: is_answering(port), environment) as started:
            [worker] = psutil.Process(started.pid).children()
            yield port, worker


def is_answering(port: int) -> bool:
    """Return whether the service searches."""
    url = f"http://127.0.0.1:{port}/api/v1/products?limit=1"
    command = ["curl", "--silent", "--fail", url]
    return subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode == 0  # noqa: S603 - our own


if __name__ == "__main__":
    main()
