"""Stopping, killing and starting the platform again (emporium up)."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import psycopg2
import pytest
import redis

from emporium import processes
from emporium.ports import free_port
from emporium.supervisor import read_state

pytestmark = [pytest.mark.live, pytest.mark.long]

UP = [sys.executable, "-m", "emporium", "up"]
ROOT = Path(__file__).parents[2]


@pytest.fixture
def home(tmp_path):
    yield tmp_path
    processes.end(processes.of_home(tmp_path), seconds=10)


def environment(home, **given):
    return {**os.environ, "EMPORIUM_HOME": str(home), "PORT": str(free_port()), **given}


def up(home, **given):
    """Start the platform and return its process once all services answer."""
    log = (home / "up.log").open("ab")
    process = subprocess.Popen(UP, cwd=ROOT, env=environment(home, **given), stdout=log, stderr=log)
    deadline = time.monotonic() + 240
    while read_state(home) is None:
        assert process.poll() is None, (home / "up.log").read_text()[-3000:]
        assert time.monotonic() < deadline, (home / "up.log").read_text()[-3000:]
        time.sleep(0.5)
    return process


def command(home, *arguments, **given):
    return subprocess.run(
        [sys.executable, "-m", "emporium", *arguments],
        cwd=ROOT, env=environment(home, **given), capture_output=True, text=True, check=False,
    )  # fmt: skip


def databases(url):
    with psycopg2.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute("select datname from pg_database")
        return {name for (name,) in cursor.fetchall()}


def test_ctrl_c_leaves_no_process_behind(home):
    process = up(home)

    process.send_signal(signal.SIGINT)
    process.wait(90)

    assert processes.of_home(home) == []
    assert command(home, "status").returncode == 3


def test_stop_from_elsewhere_ends_everything(home):
    process = up(home)
    answered = command(home, "status")

    assert command(home, "stop").returncode == 0
    process.wait(90)

    assert "does not answer" not in answered.stdout
    assert processes.of_home(home) == []


def test_a_second_start_on_the_same_home_is_refused(home):
    process = up(home)

    second = command(home, "up")

    assert second.returncode == 1
    assert "already runs" in second.stdout
    process.send_signal(signal.SIGTERM)
    process.wait(90)


def test_the_next_start_repairs_what_kill_9_left(home):
    first = up(home)
    before = {p.pid for p in processes.of_home(home)}
    first.kill()
    first.wait()

    second = up(home)

    assert not before & {p.pid for p in psutil.process_iter()}
    assert "does not answer" not in command(home, "status").stdout
    second.send_signal(signal.SIGTERM)
    second.wait(90)
    assert processes.of_home(home) == []


def test_a_killed_service_is_started_again(home):
    process = up(home)
    serving = read_state(home)["pids"]["serving"]
    psutil.Process(serving).kill()

    deadline = time.monotonic() + 60
    while (pid := read_state(home)["pids"]["serving"]) == serving:
        assert time.monotonic() < deadline
        time.sleep(0.5)

    assert psutil.pid_exists(pid)
    process.send_signal(signal.SIGTERM)
    process.wait(90)


def test_given_servers_are_used_and_outlive_the_platform(home, postgres_server, redis_server):
    given = {
        "DATABASE_URL": postgres_server.rsplit("/", 1)[0] + "/given",
        "REDIS_URL": redis_server,
    }
    process = up(home, **given)

    answered = command(home, "status")
    process.send_signal(signal.SIGTERM)
    process.wait(90)

    assert "does not answer" not in answered.stdout
    assert not (home / "postgres").exists()
    assert databases(postgres_server) >= {"given", "given_airflow", "given_mlflow"}
    assert redis.Redis.from_url(redis_server).ping()


@pytest.mark.parametrize("given", ["DATABASE_URL", "REDIS_URL"])
def test_a_given_server_that_does_not_answer_is_named_without_its_password(home, given):
    scheme = {"DATABASE_URL": "postgresql", "REDIS_URL": "redis"}[given]
    nobody = f"{scheme}://ann:secret@127.0.0.1:{free_port()}/shop"

    done = command(home, "up", **{given: nobody})

    assert done.returncode == 1
    assert "does not answer at" in done.stdout
    assert "secret" not in done.stdout
    assert processes.of_home(home) == []
