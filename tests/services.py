"""Real servers for tests: each on a free port, its state in a temporary folder, ended at the end."""

import contextlib
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil

from emporium import postgres, redis
from emporium.ports import free_port, is_listening


@contextlib.contextmanager
def running(
    command: list[str], log: Path, ready: Callable[[], bool], env=None
) -> Iterator[subprocess.Popen]:
    """Run a server until the block ends; its output goes to `log`."""
    with log.open("ab") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env=env)
        try:
            wait_until(ready, process, log)
            yield process
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def wait_until(ready: Callable[[], bool], process, log: Path, seconds: float = 180) -> None:
    deadline = time.monotonic() + seconds
    while not ready():
        assert process.poll() is None, f"ended at once:\n{log.read_text()[-3000:]}"
        assert time.monotonic() < deadline, f"not ready:\n{log.read_text()[-3000:]}"
        time.sleep(0.05)


@contextlib.contextmanager
def postgres_server(folder: Path) -> Iterator[str]:
    """Yield the URL of an empty PostgreSQL's maintenance database."""
    postgres.initialise(folder / "postgres")
    port = free_port()
    probe = [str(postgres.BINARIES / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)]
    command = postgres.command(folder / "postgres", port)
    # Speed only: these tests never pull the plug. Those that do start a server of their own.
    command += ["-c", "fsync=off"]
    with running(command, folder / "postgres.log", lambda: subprocess.call(probe) == 0):
        yield postgres.url(port, "postgres")


@contextlib.contextmanager
def database(server_url: str) -> Iterator[str]:
    """Yield the URL (postgresql://...) of a new database, empty."""
    import sqlalchemy as sa

    name = f"test_{uuid.uuid4().hex}"
    engine = sa.create_engine(
        server_url.replace("postgresql:", "postgresql+psycopg2:"), isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        connection.exec_driver_sql(f"create database {name}")
        yield server_url.rsplit("/", 1)[0] + f"/{name}"
        connection.exec_driver_sql(f"drop database {name} with (force)")
    engine.dispose()


@contextlib.contextmanager
def redis_server(folder: Path) -> Iterator[str]:
    """Yield the URL of an empty Redis."""
    port = free_port()
    with running(redis.command(folder, port), folder / "redis.log", lambda: is_listening(port)):
        yield redis.url(port)


@contextlib.contextmanager
def stripe_server(folder: Path) -> Iterator[str]:
    """Yield the URL of an empty localstripe: a Stripe account to test with."""
    port = free_port()
    command = [sys.executable, "-m", "localstripe", "--from-scratch", "--port", str(port)]
    with running(command, folder / "stripe.log", lambda: is_listening(port)):
        yield f"http://127.0.0.1:{port}"
    Path("/tmp/localstripe.pickle").unlink(missing_ok=True)  # it writes that and nowhere else


class Store:
    """A server of the test's own, which it may kill, stop and start again."""

    def __init__(self, command, folder, ready):
        self.command, self.folder, self.ready, self.process = command, folder, ready, None

    def start(self):
        with (self.folder.parent / f"{self.folder.name}.log").open("ab") as log:
            self.process = subprocess.Popen(self.command, stdout=log, stderr=log)
        wait_until(self.ready, self.process, self.folder.parent / f"{self.folder.name}.log")

    def signal(self, number):
        root = psutil.Process(self.process.pid)
        for each in [root, *root.children(recursive=True)]:
            with contextlib.suppress(psutil.NoSuchProcess):
                each.send_signal(number)

    def kill(self):
        self.signal(signal.SIGKILL)
        self.process.wait()


@contextlib.contextmanager
def own_redis(folder: Path) -> Iterator[tuple[Store, str]]:
    """Run a Redis that the block may kill or stop; yield it and its URL."""
    folder.mkdir()
    port = free_port()
    store = Store(redis.command(folder, port), folder, lambda: is_listening(port))
    store.start()
    try:
        yield store, redis.url(port)
    finally:
        store.kill()
