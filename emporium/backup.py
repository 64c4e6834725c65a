"""A backup of a running home: databases, Redis and files, as one moment has them.

Redis first, then PostgreSQL, then files, while the shop's worker is held: what the worker has told of an
event is then in the backup or is told again, as after a crash. Events that land in the lake meanwhile are
in Redis' part, too, and are known by their batch's name. Models, index and derived tables change by DAGs
only: who calls sees to it that none runs.
"""

import contextlib
import datetime as dt
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import psutil
from redis import Redis

from emporium import backup_manifest, postgres
from emporium.backup_manifest import Manifest
from emporium.databases import SetupError

DATABASES, REDIS_FILE, FILES = "databases", "redis.rdb", "home"
LEFT_OUT = frozenset(
    {"postgres", "redis", "tmp", "run", "logs", "airflow", "serving", "models", "loading"}
)
"""Of a home: what is dumped otherwise, or made anew by a start."""
LEFT_OUT_BELOW = frozenset({"lake/.staging", "lake/.versions", "index/copies"})
SAVE_SECONDS, HOLD_SECONDS = 600, 10
N_TRIES = 3
Say = Callable[[str], None]


@dataclass(frozen=True)
class Stores:
    """Where a home's databases are, by name, and its Redis with the file it saves itself to.

    `worker_pid` is of the shop's worker, who tells both of events; None if none runs.
    """

    databases: Mapping[str, str]
    redis_url: str
    redis_file: Path
    worker_pid: int | None = None


def back_up(
    home: Path, stores: Stores, folder: Path, now: dt.datetime, code_version: str, say: Say
) -> Manifest:
    """Write a backup into `folder`, which is there whole or not at all.

    Raises
    ------
    SetupError
        If the folder exists or lies in the home, or a dump fails.
    """
    if folder.resolve().is_relative_to(home.resolve()):
        raise SetupError(f"{folder} lies in {home}: name a folder elsewhere, on another disk best")
    if folder.exists():
        raise SetupError(f"{folder} exists: name a new folder for the backup")
    staged = folder.with_name(folder.name + ".partial")
    shutil.rmtree(staged, ignore_errors=True)
    staged.mkdir(parents=True, mode=0o700)  # it holds secrets and persons
    (staged / DATABASES).mkdir()
    with held(stores.worker_pid):
        say("saving Redis")
        save_redis(stores, staged / REDIS_FILE)
        for name, url in stores.databases.items():
            say(f"dumping the database {name}")
            dump(url, staged / DATABASES / f"{name}.dump")
    say("copying files")
    copy_files(home, staged / FILES)
    say("computing checksums")
    manifest = backup_manifest.of_folder(
        staged, now.isoformat(), code_version, list(stores.databases)
    )
    backup_manifest.write(manifest, staged)
    staged.rename(folder)
    return manifest


@contextmanager
def held(pid: int | None) -> Iterator[None]:
    """Stop a process and its children for the block; they go on behind it whatever happens."""
    found = []
    if pid is not None and psutil.pid_exists(pid):
        root = psutil.Process(pid)
        found = [root, *root.children(recursive=True)]
    try:
        for process in found:
            process.suspend()
        _await_stopped(found)
        yield
    finally:
        for process in found:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.resume()


def _await_stopped(found: list[psutil.Process]) -> None:
    """Return once all of them stand still: a signal takes effect when the process is next scheduled."""
    deadline = time.monotonic() + HOLD_SECONDS
    while any(process.status() != psutil.STATUS_STOPPED for process in found):
        if time.monotonic() > deadline:
            raise SetupError("the shop's worker can't be held: try again")
        time.sleep(0.01)


def save_redis(stores: Stores, into: Path) -> None:
    """Let Redis save itself as of now, and move the file.

    Raises
    ------
    SetupError
        If it can't, or takes too long.
    """
    client = Redis.from_url(stores.redis_url)
    if not persistence(client)["rdb_bgsave_in_progress"]:
        client.bgsave()
    deadline = time.monotonic() + SAVE_SECONDS
    while (state := persistence(client))["rdb_bgsave_in_progress"]:
        if time.monotonic() > deadline:
            raise SetupError(f"Redis did not save itself within {SAVE_SECONDS} s: see its log")
        time.sleep(0.1)
    if state["rdb_last_bgsave_status"] != "ok":
        raise SetupError("Redis could not save itself: is the disk full? see `emporium logs redis`")
    shutil.move(stores.redis_file, into)


def persistence(client: Redis) -> dict[str, Any]:
    """Return what a Redis says of its files."""
    return cast("dict[str, Any]", client.info("persistence"))


def dump(url: str, into: Path) -> None:
    """Dump a database as one transaction sees it.

    Raises
    ------
    SetupError
        If pg_dump fails; with what it said.
    """
    options = ["--format=custom", "--no-owner", "--no-privileges", f"--file={into}", url]
    command = [str(postgres.BINARIES / "pg_dump"), *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise SetupError(f"pg_dump failed: {done.stderr.strip()}")


def copy_files(home: Path, into: Path) -> None:
    """Copy what a start does not make anew; a folder whose files are just being merged is tried again.

    Raises
    ------
    SetupError
        If files go on vanishing.
    """
    for _ in range(N_TRIES):
        try:
            shutil.copytree(home, into, symlinks=True, ignore=_ignored(home))
        except (shutil.Error, FileNotFoundError):
            shutil.rmtree(into)
            continue
        _copy_sqlite(home, into)
        return
    raise SetupError(f"files of {home} go on vanishing while they are copied: does a DAG run?")


def _ignored(home: Path) -> Callable[[str, list[str]], set[str]]:
    def ignored(folder: str, names: list[str]) -> set[str]:
        below = Path(folder).relative_to(home)
        return {
            name
            for name in names
            if (below == Path() and name in LEFT_OUT)
            or str(below / name) in LEFT_OUT_BELOW
            or ".sqlite" in name
        }

    return ignored


def _copy_sqlite(home: Path, into: Path) -> None:
    """Copy the small databases by SQLite's own means: their newest rows may lie in another file."""
    for path in home.glob("*.sqlite"):
        with (
            contextlib.closing(sqlite3.connect(path)) as source,
            contextlib.closing(sqlite3.connect(into / path.name)) as target,
        ):
            source.backup(target)
        (into / path.name).chmod(0o600)
