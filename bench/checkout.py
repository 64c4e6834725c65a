"""Orders over HTTP, beside what PostgreSQL alone can do and beside one order per transaction.

python -m bench.checkout [--seconds 20] [--quick] [--json FILE]

One machine runs everything: PostgreSQL with fsync, Redis, the payment process, the API with one
worker, and the buyers in a process of their own. A buyer has logged in (its time is a line of its
own) and then, order after order, fills the cart with three products and orders it: prices and
their promises, a promotion of all, one by code with bounded uses, shipping, tax, authorisation of
the payment, outbox. An order's time is that of both requests. `hot` is every order for the same
product; `open loop` sends twice what the closed loop reached, whether answered or not.
"""

import json
import subprocess
import sys
import tempfile
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import psutil

from bench import checkout_site as site
from bench.checkout_ceiling import orders_per_second
from bench.checkout_load import Plan
from bench.table import Figure, parser, report
from bench.watch import REPOSITORY, say
from transactional.payments.test_provider.cards import SUCCESS

N_CLIENTS = 64
N_OPEN_CLIENTS = 512
ORDERS_PER_COMMIT = 32
TARGET_PER_SECOND = 1540


def main() -> None:
    """Read the command line, run, print."""
    options = parser(__doc__)
    options.add_argument("--seconds", type=int, default=20, help="of each measurement")
    args = options.parse_args()
    seconds = 4 if args.quick else args.seconds
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        figures = run(Path(folder), seconds)
    report(figures, args.json)


def run(folder: Path, seconds: int) -> list[Figure]:
    """Measure everything on one set of stores."""
    with site.stores(folder, N_OPEN_CLIENTS) as stores:
        ceiling = orders_per_second(stores, seconds)
        hot_ceiling = orders_per_second(stores, seconds, n_products=1)
        say(f"SQL alone: {ceiling:.0f} orders/s, hot {hot_ceiling:.0f}")
        with site.shop(stores, orders_per_commit=1) as (port, _):
            alone = load(plan(port, seconds), "one order per transaction")
        with site.shop(stores, ORDERS_PER_COMMIT) as (port, process):
            uniform = load(plan(port, seconds), "uniform")
            hot = load(replace(plan(port, seconds), n_products=1, n_lines=1), "hot")
            before = _tree_bytes(process.pid)
            rate = 2 * uniform["rate"]
            overload = replace(plan(port, seconds), n_clients=N_OPEN_CLIENTS, rate_per_second=rate)
            flood = load(overload, f"open loop at {rate:.0f}/s")
            after = _tree_bytes(process.pid)
    return [
        Figure("SQL alone, 8 connections", ceiling, "1/s"),
        Figure("SQL alone, hot product", hot_ceiling, "1/s"),
        Figure("one order per transaction", alone["rate"], "1/s", ceiling),
        Figure("orders committed together", uniform["rate"], "1/s", ceiling),
        Figure("the same, beside one per transaction", uniform["rate"], "1/s", alone["rate"]),
        Figure("the same, beside the target", uniform["rate"], "1/s", TARGET_PER_SECOND),
        Figure("p50 at 64 clients", uniform["p50_ms"], "ms"),
        Figure("p99 at 64 clients", uniform["p99_ms"], "ms", 100),
        Figure("hot product", hot["rate"], "1/s", uniform["rate"]),
        Figure("log-ins, slowest of 16 at once", uniform["login_ms"], "ms"),
        Figure("open loop: offered", rate, "1/s"),
        Figure("open loop: ordered", flood["rate"], "1/s", uniform["rate"]),
        Figure("open loop: refused, slowest", flood["refused_ms"], "ms", 1000),
        Figure("open loop: refused without Retry-After", flood["n_without_retry_after"], ""),
        Figure("open loop: other answers", flood["n_other"], ""),
        Figure("open loop: not sent, no free client", flood["n_not_sent"], ""),
        Figure("open loop: memory after", after / 1e6, "MB", before / 1e6),
    ]


def plan(port: int, seconds: int) -> Plan:
    """Return a closed loop of 64 clients over the whole catalogue."""
    return Plan(
        host="127.0.0.1",
        port=port,
        password=site.PASSWORD,
        n_clients=N_CLIENTS,
        n_products=site.N_PRODUCTS,
        n_lines=3,
        seconds=seconds,
        warm_up_seconds=min(3, seconds),
        code=site.CODE,
        method=SUCCESS,
        seed=7,
    )


def load(plan: Plan, name: str) -> dict[str, Any]:
    """Run the buyers and return the rate, latencies and what was refused."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.checkout_load"],
        input=json.dumps(asdict(plan)), capture_output=True, text=True, cwd=REPOSITORY, check=False,
    )  # fmt: skip
    if done.returncode:
        sys.exit(f"FAILED: the buyers\n{done.stderr[-3000:]}")
    result = json.loads(done.stdout)
    seconds, refused = sorted(result["order_seconds"]), result["refused_seconds"]
    if not seconds:
        sys.exit(f"FAILED: {name}: no order went through: {result['n_by_status']}")
    n_by_status = {int(status): n for status, n in result["n_by_status"].items()}
    rate = len(seconds) / plan.seconds
    say(f"{name}: {rate:.0f} orders/s, answers {n_by_status}")
    return {
        "rate": rate,
        "p50_ms": 1e3 * seconds[len(seconds) // 2],
        "p99_ms": 1e3 * seconds[int(len(seconds) * 0.99)],
        "login_ms": 1e3 * max(result["login_seconds"]),
        "refused_ms": 1e3 * max(refused, default=0.0),
        "n_without_retry_after": result["n_without_retry_after"],
        "n_other": sum(n for status, n in n_by_status.items() if status not in (201, 503)),
        "n_not_sent": result["n_not_sent"],
    }


def _tree_bytes(pid: int) -> int:
    root = psutil.Process(pid)
    return sum(each.memory_full_info().pss for each in [root, *root.children(recursive=True)])


if __name__ == "__main__":
    main()
