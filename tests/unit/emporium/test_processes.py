"""Finding and ending the processes of one home (emporium.processes)."""

import os
import subprocess
import sys
import time

import psutil
import pytest

from emporium import processes
from emporium.ports import first_free_port, free_port, is_listening

SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]
# A server that renames itself wipes its environment from sight; closing the marks out does the same.
FORKING = [
    sys.executable,
    "-c",
    "import subprocess, sys, time\n"
    "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'], env={})\n"
    "time.sleep(600)",
]
RENEGADE = [
    sys.executable,
    "-c",
    "import subprocess, sys, time\n"
    "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'],"
    " start_new_session=True)\n"
    "time.sleep(600)",
]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('deaf', flush=True)\n"
    "time.sleep(600)",
]


@pytest.fixture
def home(tmp_path):
    yield tmp_path
    processes.end(processes.of_home(tmp_path), seconds=1)


def start(command, home):
    return processes.start(command, dict(os.environ), home, home / "logs" / "it.log")


def found_soon(home, n):
    soon(lambda: len(processes.of_home(home)) >= n)
    return processes.of_home(home)


def soon(happened):
    deadline = time.monotonic() + 20
    while not happened() and time.monotonic() < deadline:
        time.sleep(0.05)
    return happened()


def test_a_started_process_is_found_by_its_home(home, tmp_path_factory):
    process = start(SLEEP, home)

    assert [p.pid for p in processes.of_home(home)] == [process.pid]
    assert processes.of_home(tmp_path_factory.mktemp("other")) == []


def test_a_child_that_lost_its_environment_is_found_by_its_session(home):
    start(FORKING, home)

    assert len(found_soon(home, 2)) == 2


def test_a_stranger_that_got_the_number_of_a_dead_leader_is_left_alone(home):
    with subprocess.Popen(SLEEP, start_new_session=True) as stranger:
        long_ago = time.time() - 3600
        (home / "run").mkdir()
        (home / "run" / "sessions").write_text(f"{stranger.pid} {long_ago}\n")

        found = processes.of_home(home)

        stranger.kill()
    assert found == []


def test_a_child_with_a_session_of_its_own_is_found_by_its_environment(home):
    start(RENEGADE, home)

    assert len(found_soon(home, 2)) == 2


def test_ending_leaves_nothing_and_names_what_had_to_be_killed(home):
    start(SLEEP, home)
    deaf = start(STUBBORN, home)
    log = home / "logs" / "it.log"
    while "deaf" not in log.read_text():
        time.sleep(0.05)

    killed = processes.end(processes.of_home(home), seconds=1)

    assert len(killed) == 1
    assert processes.of_home(home) == []
    assert not psutil.pid_exists(deaf.pid)


def test_processes_die_with_a_killed_parent(home):
    code = (
        "import os, sys, time\nfrom pathlib import Path\nfrom emporium import processes\n"
        f"p = processes.start({SLEEP!r}, dict(os.environ), Path({str(home)!r}), Path({str(home / 'x.log')!r}))\n"
        "print(p.pid, flush=True)\ntime.sleep(600)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    child = psutil.Process(int(parent.stdout.readline()))

    parent.kill()
    parent.wait()

    gone, _ = psutil.wait_procs([child], timeout=20)
    assert gone == [child]


def test_memory_counts_the_homes_processes(home):
    assert processes.memory_bytes(home) == 0

    start(SLEEP, home)

    # A child that was forked and has not loaded its program yet owns a few pages only.
    assert soon(lambda: processes.memory_bytes(home) > 1_000_000)


def test_a_taken_port_is_passed_over():
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", free_port()))
        taken.listen()
        port = taken.getsockname()[1]

        assert is_listening(port)
        assert first_free_port(port) > port
