"""Starts a site's services in order, watches them, and leaves nothing behind."""

import contextlib
import fcntl
import json
import os
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError

import psutil
import psycopg2

from emporium import postgres, processes
from emporium.databases import SetupError, prepare
from emporium.ports import is_listening
from emporium.services import Service, Site, applications, environment, stores, temporary

START_SECONDS = 120
STOP_SECONDS = 20
RESTART_SECONDS = 10
"""A service is started again at most this often: one that dies at once must not fill the disk."""
Say = Callable[[str], None]


def state_file(home: Path) -> Path:
    """Return the file in which a running supervisor says where everything is."""
    return home / "run" / "state.json"


def log_file(home: Path, name: str) -> Path:
    """Return a service's log."""
    return home / "logs" / f"{name}.log"


@contextlib.contextmanager
def only_one(home: Path) -> Iterator[None]:
    """Hold the home's lock; the kernel gives it back however we end.

    Raises
    ------
    SetupError
        If another process holds it.
    """
    path = home / "run" / "lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SetupError(
                f"Emporium already runs on {home}: see `emporium status`, or `emporium stop`"
            ) from None
        yield


def repair(home: Path, say: Say) -> None:
    """End what a killed start left running; its files are repaired by the stores themselves."""
    left = processes.of_home(home)
    if left:
        say(f"ending {len(left)} processes that an interrupted run left behind")
        processes.end(left, STOP_SECONDS)
    processes.forget(home)
    state_file(home).unlink(missing_ok=True)


@dataclass
class Supervisor:
    """The running services of one site, all but those named in `left_out`."""

    site: Site
    say: Say
    left_out: frozenset[str] = frozenset()
    running: dict[str, tuple[Service, subprocess.Popen[bytes]]] = field(default_factory=dict)
    started_at: dict[str, float] = field(default_factory=dict)

    def start(self) -> None:
        """Start everything and return when all of it answers.

        Raises
        ------
        SetupError
            If a service ends or does not answer in time; with the end of its log.
        """
        env = environment(self.site)
        shutil.rmtree(temporary(self.site), ignore_errors=True)
        temporary(self.site).mkdir(parents=True)
        if "postgres" in self.site.embedded:
            postgres.initialise(self.site.home / "postgres")
        self._start_all(stores(self.site), env)
        prepare(self.site, env)
        wanted = [each for each in applications(self.site) if each.name not in self.left_out]
        self._start_all(wanted, env)
        self._write_state()

    def _start_all(self, services: list[Service], env: dict[str, str]) -> None:
        for service in services:
            self._spawn(service, env)
        for service in services:
            self._await(service)
            self.say(f"{service.name} answers" + (f" on :{service.port}" if service.port else ""))

    def _spawn(self, service: Service, env: dict[str, str]) -> None:
        log = log_file(self.site.home, service.name)
        own = {**env, **service.env}
        process = processes.start(service.command, own, self.site.home, log)
        self.running[service.name] = (service, process)
        self.started_at[service.name] = time.monotonic()

    def _await(self, service: Service) -> None:
        deadline = time.monotonic() + START_SECONDS
        process = self.running[service.name][1]
        while not answers(service, self.site):
            if process.poll() is not None or time.monotonic() > deadline:
                tail = log_file(self.site.home, service.name).read_text(errors="replace")[-2000:]
                raise SetupError(f"{service.name} did not start. The end of its log:\n{tail}")
            time.sleep(0.1)

    def _write_state(self) -> None:
        state = {
            "supervisor_pid": os.getpid(),
            "site": asdict(self.site),
            "pids": {name: process.pid for name, (_, process) in self.running.items()},
        }
        aside = state_file(self.site.home).with_suffix(".tmp")
        aside.write_text(json.dumps(state, default=str, indent=2))
        aside.replace(state_file(self.site.home))

    def restart_dead(self) -> None:
        """Start again what ended by itself, each service at most every `RESTART_SECONDS`."""
        latest = time.monotonic() - RESTART_SECONDS
        dead = [
            (service, process)
            for service, process in self.running.values()
            if process.poll() is not None and self.started_at[service.name] < latest
        ]
        for service, process in dead:
            self.say(f"{service.name} ended with {process.returncode}; starting it again")
            self._spawn(service, environment(self.site))
        if dead:
            self._write_state()

    def stop(self) -> None:
        """End everything: applications first, then what tasks left, the stores last."""
        stores_of = {service.name for service in stores(self.site)}
        above = [p for name, (_, p) in self.running.items() if name not in stores_of]
        below = [p for name, (_, p) in self.running.items() if name in stores_of]
        for group in (above, below):
            alive = [psutil.Process(p.pid) for p in group if p.poll() is None]
            for name in processes.end(alive, STOP_SECONDS):
                self.say(f"{name} had to be killed")
            if group is above:
                self._end_orphans()
        self._end_orphans()
        processes.forget(self.site.home)
        state_file(self.site.home).unlink(missing_ok=True)

    def _end_orphans(self) -> None:
        kept = {process.pid for _, process in self.running.values() if process.poll() is None}
        stores_tree = {
            child.pid for pid in kept for child in psutil.Process(pid).children(recursive=True)
        }
        orphans = [p for p in processes.of_home(self.site.home) if p.pid not in kept | stores_tree]
        processes.end(orphans, seconds=5)


def answers(service: Service, site: Site) -> bool:
    """Tell whether a service gives its sign of life; one without a port only has to run."""
    if service.port is None:
        return True
    if service.name == "postgres":
        return _accepts(site.database_url.rsplit("/", 1)[0] + "/postgres")
    if not service.probe:
        return is_listening(service.port)
    return http_status(f"http://127.0.0.1:{service.port}{service.probe}") == 200


def _accepts(url: str) -> bool:
    try:
        psycopg2.connect(url, connect_timeout=2).close()
    except psycopg2.OperationalError:
        return False
    return True


def http_status(url: str) -> int:
    """Return the status of a GET, 0 if nothing answers."""
    try:
        with urllib.request.urlopen(url, timeout=5) as response:  # noqa: S310 - our own services
            return int(response.status)
    except HTTPError as error:
        return error.code
    except (URLError, OSError):
        return 0


def read_state(home: Path) -> dict[str, Any] | None:
    """Return what the running supervisor wrote; None if none runs."""
    try:
        state: dict[str, Any] = json.loads(state_file(home).read_text())
    except (FileNotFoundError, ValueError):
        return None
    return state if psutil.pid_exists(state["supervisor_pid"]) else None
