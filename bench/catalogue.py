"""Reads of the catalogue over HTTP: beside plain FastAPI, behind nginx, and while a store is away.

python -m bench.catalogue [--seconds 10] [--quick] [--json FILE]

The shop runs as the demo runs it: one process of granian, its worker, PostgreSQL and Redis. `hot` is
100 of its 10,000 products, read over and over. Beside it stands the same route in plain FastAPI with
the same models in memory, whose bodies must be the same bytes (aim: 3 times its rate), the same
with limits, metrics and log as the shop has them, and granian's own cost as an ASGI server. Behind nginx's cache the shop stands
beside a file of the same bytes that nginx serves itself (aim: 0.7 of it). Then 2,000 products and 50 lists are read at
a steady rate, most of which only Redis has, and after a third of the time a store dies or hangs.
`wrk` (Debian: apt-get install wrk nginx-light) makes the load of the rates; everything shares the machine.
"""

import contextlib
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path

import httpx2
import numpy as np

from bench import catalogue_site as site
from bench.catalogue_load import Plan, Result
from bench.checkout_site import Stores, stores
from bench.table import Figure, parser, report
from bench.watch import REPOSITORY, say

PRODUCT = "/api/v1/catalogue/products/{}"
N_HOT = 100
N_READ, N_CATEGORIES = 2_000, 50
N_CONNECTIONS = 16
RATE_OF_OUTAGES = 150.0
MOST_OF_ONE_LOADER = 8_000.0
"""Requests a second; of more it falls behind and opens connections until it may open no more."""
N_ROUNDS = 3
WANTED_P99_MS = 10.0
PLAIN, SERVICE = "plain FastAPI", "FastAPI with our limits, metrics and log"
REFERENCES = {
    PLAIN: "create_plain",
    SERVICE: "create_service",
    "granian alone as ASGI, constant bytes": "create_bare",
}
WANTED_SHARE, WANTED_OUTAGE_P99_MS = 0.99, 200.0
OUTAGES: dict[str, Callable[[Stores], None]] = {
    "PostgreSQL dead": lambda stores: _store(stores.database_url).kill(),
    "Redis dead": lambda stores: _store(stores.redis_url).kill(),
    "Redis hung": lambda stores: _store(stores.redis_url).hang(),
}


def main() -> None:
    """Read the command line, run, print."""
    options = parser(__doc__)
    options.add_argument("--seconds", type=float, default=10.0, help="of each measurement")
    args = options.parse_args()
    seconds = 3.0 if args.quick else args.seconds
    figures = list(rates(seconds))
    for name, befall in OUTAGES.items():
        figures += outage(name, befall, 3 * seconds)
    report(figures, args.json)


def rates(seconds: float) -> Iterator[Figure]:
    """Measure hot reads of the shop, of plain FastAPI and behind nginx."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        running = stack.enter_context(stores(folder, 1))
        site.describe(running)
        hot = [PRODUCT.format(n) for n in range(1, N_HOT + 1)]
        shop = stack.enter_context(site.shop_and_worker(running))
        products = warmed(shop, hot)
        ports = {"the shop": shop}
        for name, factory in REFERENCES.items():
            reference = site.reference(folder, factory, products)
            ports[name] = stack.enter_context(reference)
        for name in (PLAIN, SERVICE):
            if bodies(ports[name], hot) != products:
                sys.exit(f"FAILED: {name} answers other bytes than the shop")
        script = folder / "paths.lua"
        script.write_text(LUA.format(paths=", ".join(f'"{path}"' for path in hot)))
        rate = in_turns({name: (port, script) for name, port in ports.items()}, seconds)
        if not rate:
            say("SKIPPED: rates need wrk (apt-get install wrk)")
            return
        ours = rate["the shop"]
        yield Figure("hot products, the shop", ours, "1/s")
        for name in REFERENCES:
            yield Figure(f"the same, beside {name}", ours, "1/s", rate[name])
        yield from at_half(shop, hot, ours, seconds)
        nginx = stack.enter_context(site.nginx(folder, shop, products[0]))
        yield from behind_nginx(nginx, folder, script, seconds)


def in_turns(asked: Mapping[str, tuple[int, Path]], seconds: float) -> dict[str, float]:
    """Return the middle rate of three of each port and script, taken in turns: the machine is not ours alone."""
    found: dict[str, list[float]] = defaultdict(list)
    for _ in range(N_ROUNDS):
        for name, (port, script) in asked.items():
            rate = site.wrk(url(port), script, seconds / 2, N_CONNECTIONS)
            if rate is None:
                return {}
            found[name].append(rate)
            say(f"{name}: {rate:.0f}/s")
    return {name: statistics.median(each) for name, each in found.items()}


def at_half(port: int, paths: list[str], peak: float, seconds: float) -> Iterator[Figure]:
    """Measure latencies at half the rate, or as much of it as one loading process sends."""
    rate = min(peak / 2, MOST_OF_ONE_LOADER)
    result = load(Plan("127.0.0.1", port, paths, rate, seconds))
    took = np.array(result.seconds)[np.array(result.wanted_at) > seconds / 4]
    spread = max(w + s for w, s in zip(result.wanted_at, result.seconds, strict=True))
    yield Figure("at half load: rate", len(result.seconds) / spread, "1/s", peak / 2)
    yield Figure("at half load: p50", float(np.quantile(took, 0.5) * 1e3), "ms")
    yield Figure("at half load: p99", float(np.quantile(took, 0.99) * 1e3), "ms", WANTED_P99_MS)


def behind_nginx(port: int | None, folder: Path, script: Path, seconds: float) -> Iterator[Figure]:
    """Measure nginx's cache before the shop beside a file of nginx's own."""
    if port is None:
        say("SKIPPED: nginx is not installed (apt-get install nginx-light)")
        return
    static = folder / "static.lua"
    static.write_text(LUA.format(paths='"/static/product.json"'))
    file, cache = "nginx, a file", "nginx's cache before the shop"
    rate = in_turns({file: (port, static), cache: (port, script)}, seconds)
    yield Figure(file, rate[file], "1/s")
    yield Figure(cache, rate[cache], "1/s", rate[file])


def outage(name: str, befall: Callable[[Stores], None], seconds: float) -> Iterator[Figure]:
    """Measure reads at a steady rate while a store goes away after a third of the time."""
    paths = [PRODUCT.format(n) for n in range(1, N_READ + 1)]
    paths += [f"/api/v1/catalogue/products?category_id={n + 1}" for n in range(N_CATEGORIES)]
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        stores(Path(folder), 1) as running,
    ):
        with site.shop_and_worker(running) as port:
            warmed(port, paths)  # into Redis; the process that is measured begins with nothing
        with site.shop_and_worker(running) as port:
            warmed(port, paths[:1])
            plan = Plan("127.0.0.1", port, paths, RATE_OF_OUTAGES, seconds)
            result, befell_at = while_loaded(plan, seconds / 3, lambda: befall(running))
        if name == "Redis hung":
            _store(running.redis_url).go_on()
    wanted_at, took = np.array(result.wanted_at) - befell_at, np.array(result.seconds)
    during = wanted_at >= 0
    answered = np.array(result.status)[during] == 200
    later = took[wanted_at >= 1]
    yield Figure(f"{name}: answered", float(answered.mean()), "share", WANTED_SHARE)
    yield Figure(f"{name}: slowest in the first second",
                 float(took[during & (wanted_at < 1)].max() * 1e3), "ms")  # fmt: skip
    yield Figure(f"{name}: p99 afterwards", float(np.quantile(later, 0.99) * 1e3), "ms",
                 WANTED_OUTAGE_P99_MS)  # fmt: skip


def while_loaded(
    plan: Plan, after_seconds: float, befall: Callable[[], None]
) -> tuple[Result, float]:
    """Load, let it befall meanwhile; return the answers, and when it befell by their clock."""
    command = [sys.executable, "-m", "bench.catalogue_load"]
    befell: list[float] = []
    with subprocess.Popen(  # noqa: S603 - our own
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=REPOSITORY
    ) as readers:
        waiting = threading.Timer(after_seconds, lambda: befell.append(_befall(befall)))
        waiting.start()
        output, _ = readers.communicate(json.dumps(asdict(plan)).encode())
        waiting.join()
    result = Result(**json.loads(output))
    return result, befell[0] - result.began_at


def _befall(befall: Callable[[], None]) -> float:
    at = time.monotonic()
    befall()
    return at


def load(plan: Plan) -> Result:
    """Load from a process of its own; exit unless every answer is 200."""
    result, _ = while_loaded(plan, 0.0, lambda: None)
    if set(result.status) != {200}:
        sys.exit(f"FAILED: answers by status: {np.unique(result.status, return_counts=True)}")
    return result


def warmed(port: int, paths: list[str]) -> list[bytes]:
    """Read every path once the process is told of changes; return the bodies."""
    deadline = time.monotonic() + 60
    while "catalogue_told 1.0" not in httpx2.get(url(port) + "/metrics").text:
        if time.monotonic() > deadline:
            sys.exit("FAILED: nobody tells the shop of changes; does the worker run?")
        time.sleep(0.1)
    return bodies(port, paths)


def bodies(port: int, paths: list[str]) -> list[bytes]:
    """Return the answers' bodies."""
    with httpx2.Client(base_url=url(port)) as client:
        return [client.get(path).raise_for_status().content for path in paths]


def url(port: int) -> str:
    """Return where a service of this machine is."""
    return f"http://127.0.0.1:{port}"


def _store(where: str) -> site.Store:
    return site.Store(int(where.rsplit(":", 1)[1].partition("/")[0]))


LUA = """
local paths = {{ {paths} }}
request = function() return wrk.format("GET", paths[math.random(#paths)]) end
"""

if __name__ == "__main__":
    main()
