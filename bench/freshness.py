"""From an event to a changed answer: how long a click takes to change the next page.

python -m bench.freshness [--quick] [--tries 100] [--rate 500]

A small shop is drawn and trained by the code that trains the real one; Redis, serving and its worker
run as they do in the shop, the worker in two processes, and share the machine with the sender and the reader.
While other shoppers send `--rate` events a second, a new session looks at a product and asks for its
list again and again until the list has changed: the time from sending the event to the end of the first
changed answer. The reference is the same asking where the session's state is written straight into
Redis: what asking alone takes, with no door, stream and worker before it.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import psutil
from redis import Redis

from bench.for_you import is_ready, published
from bench.for_you_shop import Shop, drawn, trained, write_features
from bench.freshness_load import now, post
from bench.http_connection import Connection
from bench.processes import redis_server, running
from bench.table import Figure, parser, report
from bench.watch import REPOSITORY
from emporium.ports import free_port
from emporium.services import granian
from features.live.intent import Facts
from features.live.shoppers import Shopper, ShopperAct
from features.live.states import LAGS, state_key
from features.store.opening import apply_definitions, open_store
from models.live import LiveRecommender
from serving.worker import PARTS

N_ITEMS, N_USERS = 5_000, 1_000
N_TRIES, N_TRIES_QUICK = 100, 10
PER_SECOND = 500.0
ASK_SECONDS = 0.002
GIVE_UP_SECONDS = 30.0
SETTLE_SECONDS = 5.0
WANTED_P50_MS, WANTED_P99_MS = 200.0, 1_000.0

Answer = dict[str, Any]
Changed = Callable[[Answer, Answer, int], bool]


@dataclass(frozen=True)
class Surface:
    """A list that follows what was done: its path, `{session}` open, and how a change is seen.

    `changed` gets the list before, the list now and the product that was looked at.
    """

    name: str
    path: str
    changed: Changed


def _follows(_: Answer, answer: Answer, __: int) -> bool:
    return any(item["source"] == "session" for item in answer["items"])


def _is_first(_: Answer, answer: Answer, product_id: int) -> bool:
    first = answer["items"][0]
    return (first["source"], first["product_id"]) == ("recently_viewed", product_id)


def _is_reordered(before: Answer, answer: Answer, _: int) -> bool:
    return _order(before) != _order(answer)


def _order(answer: Answer) -> list[int]:
    return [product["product_id"] for product in answer["products"]]


LISTS = "/api/v1/recommendations?session_id={session}"
SURFACES = (
    Surface("for_you", f"{LISTS}&type=for_you", _follows),
    Surface("recently viewed", f"{LISTS}&type=recently_viewed", _is_first),
    Surface(
        "search",
        f"/api/v1/products?q={quote('red oak')}&personal=true&limit=50&session_id={{session}}",
        _is_reordered,
    ),
)


@dataclass(frozen=True)
class Site:
    """What runs. `looked_at` are products whose looks change each of the lists."""

    port: int
    redis: Redis
    workers: list[psutil.Process]
    shop: Shop

    @property
    def looked_at(self) -> list[int]:
        """Return products called red and oak, of categories apart."""
        items = np.arange(self.shop.n_items)
        named: list[int] = self.shop.item_ids[(items % 10 == 0) & (items // 10 % 10 == 2)].tolist()
        return named[1:]


def main() -> None:
    """Draw, train, serve, try, print."""
    options = parser(__doc__)
    options.add_argument("--tries", type=int, default=N_TRIES, help="of each list")
    options.add_argument("--rate", type=float, default=PER_SECOND, help="events a second beside")
    arguments = options.parse_args()
    n_tries = N_TRIES_QUICK if arguments.quick else arguments.tries
    shop = drawn(N_USERS, N_ITEMS, seed=0)
    print("training ...", flush=True)
    model = trained(shop)
    with tempfile.TemporaryDirectory() as name, site(Path(name), shop, model) as there:
        with crowd(there, arguments.rate) as sent:
            time.sleep(SETTLE_SECONDS)
            began, used = time.perf_counter(), [_cpu_seconds(each) for each in there.workers]
            figures = [figure for surface in SURFACES for figure in tried(there, surface, n_tries)]
            seconds = time.perf_counter() - began
            workers = [
                _worker(name, each, (_cpu_seconds(each) - before) / seconds)
                for name, each, before in zip(PARTS, there.workers, used, strict=True)
            ]
            told: Any = there.redis.hvals(LAGS)
        hops = {hop: lag for each in told for hop, lag in json.loads(each)["hops"].items()}
        rate = sent["by_status"].get("202", 0) / sent["seconds"]
        report(
            [
                *figures,
                *(_hop(*each) for each in hops.items()),
                Figure("events accepted beside", rate, "1/s", arguments.rate),
                *(figure for figures_of in workers for figure in figures_of),
            ],
            arguments.json,
        )


def _cpu_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _worker(name: str, process: psutil.Process, share: float) -> list[Figure]:
    return [
        Figure(f"worker {name}: share of a core", 100 * share, "%"),
        Figure(f"worker {name}: memory", process.memory_info().rss / 1e6, "MB"),
    ]


def _hop(hop: str, told: dict[str, float]) -> Figure:
    return Figure(f"hop {hop}: p99 of the last {told['n']:,.0f} events", told["p99"] * 1e3, "ms")


def tried(there: Site, surface: Surface, n_tries: int) -> list[Figure]:
    """Return the quantiles of one list's tries, beside those of asking alone."""
    by_event = asyncio.run(_tries(there, surface, n_tries, straight=False))
    alone = asyncio.run(_tries(there, surface, n_tries, straight=True))
    wanted = {0.5: WANTED_P50_MS, 0.99: WANTED_P99_MS}
    return [
        Figure(
            f"event -> {surface.name}: p{q * 100:.0f} (wanted {most:,.0f})",
            float(np.quantile(by_event, q)) * 1e3,
            "ms",
            float(np.quantile(alone, q)) * 1e3,
        )
        for q, most in wanted.items()
    ]


async def _tries(there: Site, surface: Surface, n_tries: int, *, straight: bool) -> list[float]:
    loop = asyncio.get_running_loop()
    _, door = await loop.create_connection(Connection, "127.0.0.1", there.port)
    _, asking = await loop.create_connection(Connection, "127.0.0.1", there.port)
    seconds: list[float] = []
    for number in range(n_tries):
        session = f"{surface.name.replace(' ', '-')}-{straight}-{number}"
        product_id = there.looked_at[number % len(there.looked_at)]
        path = surface.path.format(session=session)
        before = await ask(asking, path, number)
        started = time.perf_counter()
        if straight:
            write_straight(there, session, product_id)
        else:
            status, _, answer = await door.ask(post([view(session, product_id)], "10.2.0.1"))
            if status != 202:
                sys.exit(f"FAILED: an event was answered {status}: {answer!r}")
        while not surface.changed(before, await ask(asking, path, number), product_id):
            if time.perf_counter() - started > GIVE_UP_SECONDS:
                sys.exit(f"FAILED: {surface.name} did not change in {GIVE_UP_SECONDS:.0f} s")
            await asyncio.sleep(ASK_SECONDS)
        seconds.append(time.perf_counter() - started)
    return seconds


async def ask(connection: Connection, path: str, number: int) -> Answer:
    """Return an answer; each try has an address of its own, as shoppers have."""
    request = f"GET {path} HTTP/1.1\r\nHost: shop\r\nX-Forwarded-For: 10.3.{number % 256}.1\r\n\r\n"
    status, _, body = await connection.ask(request.encode())
    if status != 200:
        sys.exit(f"FAILED: {path} was answered {status}: {body!r}")
    answer: Answer = json.loads(body)
    return answer


def view(session: str, product_id: int) -> dict[str, Any]:
    """Return the event of a guest who looks at a product."""
    return {
        "occurred_at": now().isoformat(),
        "session_id": session,
        "kind": "view",
        "product_id": product_id,
    }


def write_straight(there: Site, session: str, product_id: int) -> None:
    """Write the state that a look leads to."""
    shopper = Shopper()
    [item] = np.nonzero(there.shop.item_ids == product_id)[0].tolist()
    facts = Facts(int(there.shop.categories[item]) + 1, None, 100 + item % 900)
    shopper.take(ShopperAct(now().timestamp(), "view", product_id, None, facts))
    there.redis.set(state_key("shopper", f"s{session}"), shopper.json(), ex=600)


@contextmanager
def crowd(there: Site, per_second: float) -> Iterator[dict[str, Any]]:
    """Let others send events; what came of it is in the dictionary once the block has ended."""
    product_ids = map(str, there.shop.item_ids[::20].tolist())
    command = ["-m", "bench.freshness_load", str(there.port), str(per_second), *product_ids]
    told: dict[str, Any] = {}
    with subprocess.Popen(  # noqa: S603 - our own
        [sys.executable, *command], stdout=subprocess.PIPE, cwd=REPOSITORY
    ) as sender:
        try:
            yield told
        finally:
            sender.send_signal(signal.SIGTERM)
            output, _ = sender.communicate()
        told.update(json.loads(output))


@contextmanager
def site(folder: Path, shop: Shop, model: LiveRecommender) -> Iterator[Site]:
    """Publish everything and run Redis, serving and its worker; yield them once they are ready."""
    tracking_uri, port = published(folder, shop, model), free_port()
    with redis_server(folder) as redis_url, Redis.from_url(redis_url) as redis:
        write_features(shop, redis)
        apply_definitions(open_store(folder / "feast", redis_url), folder / "lake")
        environment = os.environ | {  # noqa: TID251 - handed on to the services
            "PYTHONPATH": str(REPOSITORY),
            "EMPORIUM_HOME": str(folder),
            "REDIS_URL": redis_url,
            "MLFLOW_TRACKING_URI": tracking_uri,
            "LOG_LEVEL": "WARNING",
        }
        serving = granian("serving.app:create_app", port)
        with (
            running(serving, folder / "serving.log", lambda: is_ready(port), environment),
            ExitStack() as stack,
        ):
            workers = [stack.enter_context(_working(p, folder, redis, environment)) for p in PARTS]
            yield Site(port, redis, workers, shop)


@contextmanager
def _working(
    part: str, folder: Path, redis: Redis, environment: dict[str, str]
) -> Iterator[psutil.Process]:
    command = [sys.executable, "-m", "serving.worker", part]
    with running(
        command, folder / f"{part}.log", lambda: bool(redis.hexists(LAGS, part)), environment
    ) as process:
        yield psutil.Process(process.pid)


if __name__ == "__main__":
    main()
