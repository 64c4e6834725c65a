"""Redis, a taker of events and a landing worker, each of which can be killed and started again."""

import contextlib
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import psutil
import pyarrow.parquet as pq
from redis import Redis

from bench.watch import REPOSITORY
from emporium import redis
from emporium.ports import free_port, is_listening
from emporium.services import granian
from features.store.opening import apply_definitions, open_store
from jobs.raw import RawBatches
from jobs.sources.streams import numbers

START_SECONDS, STOP_SECONDS, LAND_SECONDS = 60.0, 60.0, 120.0
STREAM = "clickstream"
SERVING, DOOR, PLAIN = (
    "serving.app:create_app",
    "bench.events_reference:create_door",
    "bench.events_reference:create_plain",
)


class Process:
    """A process of the site. `port` is None for one that listens on none."""

    def __init__(
        self, command: list[str], environment: Mapping[str, str], log: Path, port: int | None
    ) -> None:
        self.command, self.environment, self.log, self.port = command, environment, log, port
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; it may take a while until it answers."""
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(  # noqa: S603 - our own
                self.command, env={**self.environment}, stdout=output, stderr=output,
                start_new_session=True,
            )  # fmt: skip

    def until_ready(self) -> None:
        """Return once it answers."""
        deadline = time.monotonic() + START_SECONDS
        while self.port is not None and not is_listening(self.port):
            if time.monotonic() > deadline or (self.process and self.process.poll() is not None):
                sys.exit(f"FAILED: {self.command} does not start:\n{self.log.read_text()[-3000:]}")
            time.sleep(0.02)

    def used_seconds(self) -> float:
        """Return the processor time of it and of what it started."""
        if self.process is None:
            return 0.0
        root = psutil.Process(self.process.pid)
        times = [each.cpu_times() for each in (root, *root.children(recursive=True))]
        return float(sum(each.user + each.system for each in times))

    def kill(self) -> None:
        """End it, and what it started, at once."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, 9)
            self.process.wait()

    def stop(self) -> None:
        """Let it end by itself."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(STOP_SECONDS)


class Site:
    """The processes by name, and what came to the lake."""

    def __init__(self, home: Path, factory: str, landing_seconds: float) -> None:
        self.lake = home / "lake"
        port, self.port = free_port(), free_port()
        self.redis_url = redis.url(port)
        environment = os.environ | {  # noqa: TID251 - handed on
            "PYTHONPATH": str(REPOSITORY),
            "EMPORIUM_HOME": str(home),
            "REDIS_URL": self.redis_url,
            "MLFLOW_TRACKING_URI": f"http://127.0.0.1:{free_port()}",
            "LANDING_SECONDS": str(landing_seconds),
            "LOG_LEVEL": "ERROR",
        }
        (home / "redis").mkdir()
        commands: dict[str, tuple[list[str], int | None]] = {
            "Redis": (redis.command(home / "redis", port), port),
            "API": (granian(factory, self.port), self.port),
            "worker": ([sys.executable, "-m", "jobs.land_events"], None),
        }
        if factory == SERVING:
            commands["followers"] = ([sys.executable, "-m", "serving.worker"], None)
        self.processes = {
            name: Process(command, environment, home / f"{name}.log", listens)
            for name, (command, listens) in commands.items()
        }

    def until_landed(self) -> None:
        """Return once all that came is in the lake; exit if that takes too long."""
        deadline = time.monotonic() + LAND_SECONDS
        batches = RawBatches(self.lake)
        with Redis.from_url(self.redis_url, decode_responses=True) as client:
            last = numbers(client.xinfo_stream(STREAM)["last-generated-id"])
            while numbers(batches.position(STREAM)) < last:
                if time.monotonic() > deadline:
                    log = self.processes["worker"].log.read_text()
                    sys.exit(f"FAILED: events wait and do not land:\n{log[-3000:]}")
                time.sleep(0.1)

    def in_lake(self) -> Counter[str]:
        """Return how often each event is in the raw layer."""
        batches = RawBatches(self.lake)
        found: Counter[str] = Counter()
        for day in batches.days(STREAM):
            for folder in batches.folders(STREAM, day, day):
                for file in folder.glob("*.parquet"):
                    rows = pq.read_table(file, partitioning=None, columns=["event_id"])
                    found.update(rows["event_id"].to_pylist())
        return found


@contextlib.contextmanager
def running_site(
    home: Path, factory: str, landing_seconds: float, *, is_landed: bool = True
) -> Iterator[Site]:
    """Run a site on an empty folder; without `is_landed` it has no landing worker."""
    site = Site(home, factory, landing_seconds)
    started = [process for name, process in site.processes.items() if is_landed or name != "worker"]
    try:
        for process in started:
            process.start()
            process.until_ready()
            if process is site.processes["Redis"] and factory == SERVING:
                # Its followers push into the feature store.
                apply_definitions(open_store(home / "feast", site.redis_url), site.lake)
        yield site
    finally:
        for process in reversed(started):
            process.kill()
