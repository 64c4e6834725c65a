"""How many events a second are taken and land in the lake, and what kills of any process leave.

python -m bench.events [--quick] [--seconds 15] [--kills 30]

Once the endpoint with the landing worker beside it, once serving as it runs in the shop, whose followers
read the same stream; the sender takes the same cores. Reference: plain FastAPI that validates each event by pydantic and appends it by an XADD of its own.
"""

import itertools
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from redis import Redis

from bench.events_load import ACCEPTED, Plan, Result
from bench.events_site import DOOR, PLAIN, SERVING, Process, Site, running_site
from bench.table import Figure, parser, report
from bench.watch import REPOSITORY, say
from serving.events.entries import CLICKSTREAM
from serving.events.stream import KNOWN_NEW

WANTED_PER_SECOND, WANTED_P50_MS = 5_000.0, 5.0
LANDING_SECONDS = 5.0
SECONDS_BETWEEN_KILLS = 1.5
BATCH = 50


def main() -> None:
    """Read the command line, run, print."""
    options = parser(__doc__)
    options.add_argument("--seconds", type=float, default=15.0, help="of each measurement")
    options.add_argument("--kills", type=int, default=30)
    args = options.parse_args()
    seconds, n_kills = (4.0, 3) if args.quick else (args.seconds, args.kills)
    plain = measured(PLAIN, seconds, is_landed=False)
    figures = [*rates("the endpoint", measured(DOOR, seconds, is_landed=True), plain)]
    if not args.quick:
        figures += rates("serving and followers", measured(SERVING, seconds, is_landed=True), plain)
    figures.append(Figure("memory in Redis per event that waits", plain.bytes_kept, "bytes"))
    figures += kills(n_kills)
    report(figures, args.json)


def rates(name: str, ours: "Measured", plain: "Measured") -> Iterator[Figure]:
    """Return what is taken as fast as it goes, and answers at a steady rate."""
    steady = f"{name}, at {WANTED_PER_SECOND:,.0f} events/s"
    yield Figure(f"{name}, all cores busy: events", ours.per_second, "1/s", plain.per_second)
    yield Figure("  beside what is wanted", ours.per_second, "1/s", WANTED_PER_SECOND)
    yield Figure(f"{steady}: answers, p50", ours.p50_ms, "ms", plain.p50_ms)
    yield Figure("  beside what is wanted", ours.p50_ms, "ms", WANTED_P50_MS)
    yield Figure(f"{steady}: answers, p99", ours.p99_ms, "ms", plain.p99_ms)
    yield Figure("  share of all that landed in the lake", ours.landed_share, "share", 1.0)
    yield Figure("  processor time of the API per event", ours.api_us, "us", plain.api_us)
    yield Figure("  processor time of the landing worker per event", ours.worker_us, "us")
    yield Figure("  memory in Redis per id that is known", ours.bytes_kept, "bytes")


@dataclass(frozen=True)
class Measured:
    """What a taker of events did."""

    per_second: float
    p50_ms: float
    p99_ms: float
    landed_share: float
    api_us: float
    worker_us: float
    bytes_kept: float


def measured(factory: str, seconds: float, *, is_landed: bool) -> Measured:
    """Load a taker as much as it takes, then at the wanted rate."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        home = Path(folder)
        with running_site(home, factory, LANDING_SECONDS, is_landed=is_landed) as site:
            warm = accepted_only(send(Plan(site.port, 0, 2.0, seed=1)))
            used = site.processes["API"].used_seconds()
            fast = accepted_only(send(Plan(site.port, 0, seconds, seed=2)))
            rate = WANTED_PER_SECOND / BATCH
            steady = accepted_only(send(Plan(site.port, rate, seconds, n_connections=32, seed=3)))
            used = site.processes["API"].used_seconds() - used
            bytes_kept = memory(site.redis_url, KNOWN_NEW if is_landed else CLICKSTREAM)
            n_sent = BATCH * (len(fast.status) + len(steady.status))
            n_all = n_sent + BATCH * len(warm.status)
            landed_share, worker_us = landed(site, n_all) if is_landed else (0.0, 0.0)
    took = np.array(steady.seconds) * 1e3
    per_second = BATCH * len(fast.status) / fast.took_seconds
    say(f"{factory}: {per_second:.0f} events/s, p99 {np.quantile(took, 0.99):.1f} ms")
    return Measured(
        per_second,
        float(np.quantile(took, 0.5)),
        float(np.quantile(took, 0.99)),
        landed_share,
        used / n_sent * 1e6,
        worker_us,
        bytes_kept,
    )


def accepted_only(result: Result) -> Result:
    """Return the result; exit unless every answer was the one wanted."""
    if set(result.status) != {ACCEPTED}:
        sys.exit(f"FAILED: answers by status: {np.unique(result.status, return_counts=True)}")
    return result


def memory(url: str, key: str) -> float:
    """Return the bytes that each member of a key's value takes in Redis."""
    with Redis.from_url(url) as redis:
        n_members: Any = redis.xlen(key) if key == CLICKSTREAM else redis.scard(key)
        total: Any = redis.memory_usage(key, samples=0)
        return float(total / max(1, n_members))


def landed(site: Site, n_sent: int) -> tuple[float, float]:
    """Let the worker land what waits; return which share did, and its microseconds per event."""
    site.until_landed()
    used = site.processes["worker"].used_seconds()
    found = site.in_lake()
    if max(found.values()) > 1:
        sys.exit("FAILED: an event is in the lake twice")
    return len(found) / n_sent, used / len(found) * 1e6


def kills(n_kills: int) -> Iterator[Figure]:
    """Kill one process after the other while browsers insist; count what became of their events."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        home = Path(folder)
        with running_site(home, DOOR, landing_seconds=1.0) as site:
            seconds = SECONDS_BETWEEN_KILLS * (n_kills + 1)
            plan = Plan(site.port, 40, seconds, n_events=20, insists=True, seed=4)
            with sending(plan) as senders:
                for name, _ in zip(itertools.cycle(site.processes), range(n_kills), strict=False):
                    time.sleep(SECONDS_BETWEEN_KILLS)
                    killed(site.processes[name])
                result = finished(senders)
            site.until_landed()
            found = site.in_lake()
    n_again = sum(status != ACCEPTED for status in result.status)
    accepted = result.accepted
    yield Figure("kills of Redis, API and worker in turn", n_kills, "kills")
    yield Figure("  batches that had to be sent again", n_again, "batches")
    yield Figure("  events accepted", len(accepted), "events")
    yield Figure("  events in the lake", sum(found.values()), "events")
    yield Figure("  of the accepted, lost", sum(each not in found for each in accepted), "events")
    yield Figure("  in the lake twice", sum(count > 1 for count in found.values()), "events")


def killed(process: Process) -> None:
    """Kill a process and start it again."""
    process.kill()
    process.start()


def send(plan: Plan) -> Result:
    """Send from a process of its own."""
    with sending(plan) as senders:
        return finished(senders)


def sending(plan: Plan) -> "subprocess.Popen[bytes]":
    """Begin to send from a process of its own."""
    senders = subprocess.Popen(
        [sys.executable, "-m", "bench.events_load"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=REPOSITORY,
    )
    if senders.stdin is not None:
        senders.stdin.write(json.dumps(asdict(plan)).encode())
        senders.stdin.close()
        senders.stdin = None
    return senders


def finished(senders: "subprocess.Popen[bytes]") -> Result:
    """Wait for what the senders have to tell."""
    output, _ = senders.communicate()
    return Result(**json.loads(output))


if __name__ == "__main__":
    main()
