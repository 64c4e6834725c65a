"""A home made of a backup: files, databases and Redis; whole or not at all."""

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psutil
from redis import Redis, RedisError

from emporium import backup_manifest, postgres, processes, redis
from emporium.backup import DATABASES, FILES, REDIS_FILE, Say, persistence
from emporium.backup_manifest import Manifest
from emporium.databases import SetupError, create_database
from emporium.ports import free_port

START_SECONDS = 60
STOP_SECONDS = 60
RDB = "dump.rdb"


def restore(folder: Path, home: Path, say: Say) -> Manifest:
    """Make the home of a backup; `emporium up` starts it.

    Raises
    ------
    SetupError
        If there is a home already, the backup is damaged, or a server refuses it.
    """
    if home.exists() and any(home.iterdir()):
        raise SetupError(
            f"{home} holds something: move it away, or name another home by EMPORIUM_HOME"
        )
    say("checking the backup")
    manifest = backup_manifest.checked(folder)
    made = home.with_name(home.name + ".restoring")
    processes.end(processes.of_home(made), STOP_SECONDS)
    shutil.rmtree(made, ignore_errors=True)
    say("copying files")
    shutil.copytree(folder / FILES, made, symlinks=True)
    restore_databases(folder / DATABASES, manifest.databases, made, say)
    say("restoring Redis")
    restore_redis(folder / REDIS_FILE, made)
    processes.forget(made)
    if home.exists():
        home.rmdir()
    made.rename(home)
    return manifest


def restore_databases(dumps: Path, names: Sequence[str], home: Path, say: Say) -> None:
    """Make the home's PostgreSQL and fill its databases.

    Raises
    ------
    SetupError
        If a dump is refused; with what pg_restore said.
    """
    postgres.initialise(home / "postgres")
    port = free_port()
    command = postgres.command(home / "postgres", port)
    probe = [str(postgres.BINARIES / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port)]
    with serving(command, home, lambda: subprocess.call(probe) == 0):  # noqa: S603
        for name in names:
            say(f"restoring the database {name}")
            url = postgres.url(port, name)
            create_database(url)
            _fill(url, dumps / f"{name}.dump")


def _fill(url: str, dump: Path) -> None:
    options = ["--no-owner", "--exit-on-error", f"--dbname={url}", str(dump)]
    command = [str(postgres.BINARIES / "pg_restore"), *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise SetupError(f"pg_restore refused {dump.name}: {done.stderr.strip()[-2000:]}")


def restore_redis(saved: Path, home: Path) -> None:
    """Make the home's append-only file of what Redis had saved.

    Redis that keeps such a file does not read a saved one: it starts once without, then begins it.
    """
    folder, port = home / "redis", free_port()
    folder.mkdir()
    shutil.copyfile(saved, folder / RDB)
    command = [*redis.command(folder, port), "--appendonly", "no", "--dbfilename", RDB]
    client = Redis.from_url(redis.url(port))
    with serving(command, home, lambda: _answers(client)):
        client.config_set("appendonly", "yes")
        while _is_writing(client):
            time.sleep(0.1)
    (folder / RDB).unlink()


def _answers(client: Redis) -> bool:
    try:
        return bool(client.ping())
    except RedisError:  # not there yet, or still reading
        return False


def _is_writing(client: Redis) -> bool:
    state = persistence(client)
    return bool(state["aof_rewrite_in_progress"] or state["aof_rewrite_scheduled"])


@contextmanager
def serving(command: list[str], home: Path, ready: Callable[[], bool]) -> Iterator[None]:
    """Run a server of a home for the block.

    Raises
    ------
    SetupError
        If it does not answer in time; with the end of its log.
    """
    log = home / "logs" / "restore.log"
    process = processes.start(command, {}, home, log)
    deadline = time.monotonic() + START_SECONDS
    try:
        while not ready():
            if process.poll() is not None or time.monotonic() > deadline:
                raise SetupError(f"{command[0]} did not start:\n{log.read_text()[-2000:]}")
            time.sleep(0.1)
        yield
    finally:
        processes.end([psutil.Process(process.pid)], STOP_SECONDS)
