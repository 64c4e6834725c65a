"""Services that a bench runs beside itself."""

import contextlib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from emporium import redis
from emporium.ports import free_port, is_listening

START_SECONDS = 60


@contextlib.contextmanager
def redis_server(folder: Path) -> Iterator[str]:
    """Run an empty Redis on a folder and yield its URL."""
    port = free_port()
    with running(redis.command(folder, port), folder / "redis.log", lambda: is_listening(port)):
        yield redis.url(port)


@contextlib.contextmanager
def running(
    command: list[str],
    log: Path,
    ready: Callable[[], bool],
    environment: dict[str, str] | None = None,
) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a command until the block ends; enter it once `ready`."""
    with log.open("ab") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env=environment)  # noqa: S603 - our own
    try:
        deadline = time.monotonic() + START_SECONDS
        while not ready():
            if process.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"FAILED: {command[0]} does not start:\n{log.read_text()[-3000:]}")
            time.sleep(0.05)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
