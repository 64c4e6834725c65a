"""Processes of one home: start them, find them again, end them, measure them.

Every process is started with `EMPORIUM_RUN=<home>` in its environment and as the leader of a session
that is written down in `run/sessions`; what it starts inherits both. So the processes of a home can
be found whoever started them, a Spark driver below an Airflow task as well as what a killed
`emporium up` left behind. (Two marks, because a server that renames itself loses its environment
from sight, and a task may begin a session of its own.)
"""

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

import psutil

MARK = "EMPORIUM_RUN"
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None, use_errno=True)


def start(
    command: list[str], env: Mapping[str, str], home: Path, log: Path
) -> subprocess.Popen[bytes]:
    """Start a process of `home` in a session of its own, so that Ctrl-C reaches only us.

    It is sent SIGTERM should we die without ending it.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        process = subprocess.Popen(  # noqa: S603
            command,
            env={**env, MARK: str(home)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            preexec_fn=_die_with_parent,  # noqa: PLW1509 - one prctl call, no lock taken
        )
    sessions = _sessions_file(home)
    sessions.parent.mkdir(parents=True, exist_ok=True)
    with sessions.open("a") as file:
        file.write(f"{process.pid} {time.time()}\n")  # noqa: TID251 - compared with the kernel's clock
    return process


def forget(home: Path) -> None:
    """Drop the record of sessions: nothing of them is left."""
    _sessions_file(home).unlink(missing_ok=True)


def _sessions_file(home: Path) -> Path:
    return home / "run" / "sessions"


def _die_with_parent() -> None:
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def of_home(home: Path) -> list[psutil.Process]:
    """Return the living processes of a home, but for ourselves and our parents."""
    ours = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    sessions = _sessions(home)
    return [p for p in psutil.process_iter() if p.pid not in ours and _is_of(p, home, sessions)]


def _sessions(home: Path) -> dict[int, float]:
    """Return the sessions we began, by leader, and when."""
    try:
        lines = _sessions_file(home).read_text().splitlines()
    except FileNotFoundError:
        return {}
    pairs = [line.split() for line in lines]
    return {int(pair[0]): float(pair[1]) for pair in pairs if len(pair) == 2}


def _is_of(process: psutil.Process, home: Path, sessions: dict[int, float]) -> bool:
    try:
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        leader = os.getsid(process.pid)
        began = sessions.get(leader)
        if began is not None and process.create_time() >= began - 5 and _led_since(leader, began):
            return True
        return bool(process.environ().get(MARK) == str(home))
    except (psutil.Error, OSError):
        return False


def _led_since(leader: int, began: float) -> bool:
    """Tell whether the session's leader is ours, or gone: its number may be a stranger's today."""
    try:
        return bool(abs(psutil.Process(leader).create_time() - began) < 5)
    except psutil.NoSuchProcess:
        return True


def end(processes: list[psutil.Process], seconds: float) -> list[str]:
    """End processes, kindly first; return the names of those that had to be killed.

    PostgreSQL takes SIGINT for "do not wait for clients"; everybody else SIGTERM.
    """
    for process in processes:
        kind = signal.SIGINT if _name(process) == "postgres" else signal.SIGTERM
        _send(process, kind)
    _, alive = psutil.wait_procs(processes, timeout=seconds)
    names = [_name(process) for process in alive]
    for process in alive:
        _send(process, signal.SIGKILL)
    psutil.wait_procs(alive, timeout=5)
    return names


def _send(process: psutil.Process, kind: signal.Signals) -> None:
    try:
        process.send_signal(kind)
    except psutil.NoSuchProcess:
        return


def _name(process: psutil.Process) -> str:
    try:
        return str(process.name())
    except psutil.NoSuchProcess:
        return "gone"


def memory_bytes(home: Path) -> int:
    """Return what the home's processes hold together; pages they share count once (PSS)."""
    return sum(_pss(process) for process in of_home(home))


def _pss(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().pss)
    except (psutil.Error, OSError):
        return 0
