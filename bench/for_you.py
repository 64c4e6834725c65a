"""`for_you` over HTTP: how many lists a second, and how long one takes.

python -m bench.for_you [--quick] [--seconds 20]

A shop of 100,000 products and 20,000 customers is drawn and trained by the code that trains the real
one. Each answer puts 200 candidates in order by a ranker, with the features of all of them and of the
customer read from Redis; half of the customers looked at something since the model was made. The
service runs as it does in the shop, one process, unless more workers are asked for; client, Redis and
service share the machine.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import numpy as np
from redis import Redis

from bench.for_you_load import Plan, Result
from bench.for_you_shop import Shop, drawn, trained, write_features, write_index
from bench.processes import redis_server, running
from bench.table import Figure, parser, report
from bench.watch import REPOSITORY
from emporium.ports import free_port
from emporium.services import granian
from models import registry
from models.live import LiveRecommender
from serving.recommendations.model import MODEL

N_ITEMS, N_USERS = 100_000, 20_000
N_ITEMS_QUICK, N_USERS_QUICK = 5_000, 1_000
N_CLIENTS = 16
N_OPEN_CLIENTS = 256
WARM_UP_SECONDS = 3.0
WANTED_PER_SECOND = 1_000.0
WANTED_P90_MS, WANTED_P99_MS = 7.0, 20.0


def main() -> None:
    """Draw, train, serve, load, print."""
    options = parser(__doc__)
    options.add_argument("--workers", type=int, default=1, help="processes of the service")
    options.add_argument("--seconds", type=float, default=20.0, help="of each load")
    arguments = options.parse_args()
    n_items, n_users = (N_ITEMS_QUICK, N_USERS_QUICK) if arguments.quick else (N_ITEMS, N_USERS)
    shop = drawn(n_users, n_items, seed=0)
    print("training ...", flush=True)
    model = trained(shop)
    with (
        tempfile.TemporaryDirectory() as name,
        serving(Path(name), shop, model, arguments.workers) as port,
    ):
        paths = [
            f"/api/v1/recommendations?type=for_you&customer_id={user_id}"
            for user_id in shop.user_ids.tolist()
        ]
        peak = load(port, paths, arguments.seconds, None)
        rate = len(peak.seconds_each) / peak.seconds
        half = load(port, paths, arguments.seconds, WANTED_PER_SECOND / 2)
        of_peak = load(port, paths, arguments.seconds, rate / 2)
    n_ranked = float(np.mean((model.shortlists.items >= 0).sum(axis=1)))
    report(
        [
            Figure("candidates ranked for one list", n_ranked, "items", 200.0),
            Figure("lists, 16 clients", rate, "1/s", WANTED_PER_SECOND),
            Figure("p99 at that rate", quantile(peak, 0.99), "ms", WANTED_P99_MS),
            *at_rate("at 500/s", half),
            *at_rate("at half the peak", of_peak),
        ],
        arguments.json,
    )


def at_rate(name: str, result: Result) -> list[Figure]:
    """Return the figures of one open-loop load."""
    return [
        Figure(f"{name}: p50", quantile(result, 0.5), "ms"),
        Figure(f"{name}: p90", quantile(result, 0.9), "ms", WANTED_P90_MS),
        Figure(f"{name}: p99", quantile(result, 0.99), "ms", WANTED_P99_MS),
        Figure(f"{name}: not sent for want of a client", float(result.n_not_sent), "lists"),
    ]


def quantile(result: Result, q: float) -> float:
    """Return a quantile of the answers' times, in milliseconds."""
    return float(np.quantile(result.seconds_each, q) * 1_000)


def load(
    port: int,
    paths: list[str],
    seconds: float,
    rate_per_second: float | None,
    statuses: Collection[str] = ("200",),
) -> Result:
    """Load the service from a process of its own; exit if it answers anything but `statuses`."""
    n_clients = N_CLIENTS if rate_per_second is None else N_OPEN_CLIENTS
    plan = Plan("127.0.0.1", port, paths, n_clients, seconds, WARM_UP_SECONDS, 1, rate_per_second)
    ran = subprocess.run(
        [sys.executable, "-m", "bench.for_you_load"],
        input=json.dumps(asdict(plan)).encode(),
        stdout=subprocess.PIPE,
        check=True,
        cwd=REPOSITORY,
    )
    result = Result(**json.loads(ran.stdout))
    if not result.n_by_status or not {*map(str, result.n_by_status)}.issubset(statuses):
        sys.exit(f"FAILED: answers by status: {result.n_by_status}")
    return result


@contextmanager
def serving(folder: Path, shop: Shop, model: LiveRecommender, n_workers: int) -> Iterator[int]:
    """Publish everything and run the service; yield its port once it is ready."""
    tracking_uri, port = published(folder, shop, model), free_port()
    with redis_server(folder) as redis_url:
        with Redis.from_url(redis_url) as redis:
            write_features(shop, redis)
        environment = os.environ | {  # noqa: TID251 - handed on to the service
            "PYTHONPATH": str(REPOSITORY),
            "EMPORIUM_HOME": str(folder),
            "REDIS_URL": redis_url,
            "MLFLOW_TRACKING_URI": tracking_uri,
            "LOG_LEVEL": "INFO",
        }
        command = granian("serving.app:create_app", port, n_workers)
        with running(command, folder / "serving.log", lambda: is_ready(port), environment):
            yield port


def published(folder: Path, shop: Shop, model: LiveRecommender) -> str:
    """Publish index and model below a folder, and return the registry's URI."""
    write_index(shop, folder / "index")
    tracking_uri = f"sqlite:///{folder}/mlflow.db"
    os.chdir(folder)  # without a server, artifacts go below the working directory
    model.save(folder / "run" / "model")
    record = registry.TrainingRecord("bench", "drawn", "2026-01-31")
    run_id = registry.log_run(tracking_uri, MODEL, record, folder / "run")
    registry.promote(tracking_uri, MODEL, registry.register(tracking_uri, MODEL, run_id), "bench")
    return tracking_uri


def is_ready(port: int) -> bool:
    """Return whether the service answers from index and model."""
    url = f"http://127.0.0.1:{port}/readyz"
    asked = subprocess.run(  # noqa: S603 - our own
        ["curl", "--silent", "--fail", url],  # noqa: S607 - Debian's
        stdout=subprocess.DEVNULL,
        check=False,
    )
    return asked.returncode == 0


if __name__ == "__main__":
    main()
