"""An application on granian's own interface hears and says what it would as ASGI (web.rsgi)."""

import os
import signal
import socket
import subprocess
import time

import httpx2
import pytest

from emporium.ports import free_port, is_listening
from emporium.services import granian
from emporium.settings import REPOSITORY

pytestmark = pytest.mark.live
LONG = 3_000_000


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """The port of a running process, which must end as it should."""
    port, ended = free_port(), tmp_path_factory.mktemp("served") / "ended"
    command = granian("tests.live.web.served_app:create", port, interface=("rsgi", "--http", "1"))
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY), "ENDED": str(ended)}
    with subprocess.Popen(command, env=environment, cwd=REPOSITORY) as process:
        until(lambda: is_listening(port))
        yield port
        process.send_signal(signal.SIGTERM)
    assert ended.read_text() == "ended"


@pytest.fixture
def client(served):
    with httpx2.Client(base_url=f"http://127.0.0.1:{served}") as client:
        yield client


def until(is_so):
    deadline = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_what_is_ready_leaves_before_the_application(client):
    answer = client.get("/ready")

    assert (answer.status_code, answer.content) == (203, b"ready")
    assert answer.headers["x-from"] == "memory"


def test_a_request_is_told_whole(client):
    headers = [("X-One", "a"), ("X-One", "b"), ("X-Latin", "caf\xe9".encode("latin-1"))]
    answer = client.get("/show/a%20b/%C3%A9?q=%41&q=b", headers=headers)

    assert answer.json() == {
        "method": "GET",
        "path": "/show/a b/é",
        "http_version": "1.1",
        "scheme": "http",
        "query_string": "q=%41&q=b",
        "headers": [["x-one", "a"], ["x-one", "b"]],  # what is not ASCII is not there
        "client": "127.0.0.1",
        "state": "a lamp",
    }


def test_the_head_alone_comes_when_it_is_asked_for(client):
    answer = client.head("/show/it")

    assert (answer.status_code, answer.content) == (200, b"")
    assert int(answer.headers["content-length"]) > 100


@pytest.mark.parametrize("n_bytes", [0, 1, 100_000, 100_001, LONG])
def test_a_body_comes_whole(client, n_bytes):
    assert client.post("/take", content=b"x" * n_bytes).json() == {"n_bytes": n_bytes}


def test_a_body_of_unknown_length_is_refused(client):
    answer = client.post("/take", content=iter([b"x", b"y"]))

    assert answer.status_code == 411
    assert answer.json()["type"] == "/problems/length-required"


@pytest.mark.parametrize(("n_announced", "n_sent"), [(5_000, 100), (LONG, 200_000)])
def test_a_body_that_is_cut_off_is_never_taken_for_whole(served, client, n_announced, n_sent):
    n_before = len(client.get("/told").json())

    with socket.create_connection(("127.0.0.1", served)) as line:
        head = f"POST /take HTTP/1.1\r\nHost: x\r\nContent-Length: {n_announced}\r\n\r\n"
        line.sendall(head.encode() + b"x" * n_sent)

    until(lambda: len(client.get("/told").json()) > n_before)
    assert client.get("/told").json()[n_before:] == ["cut off"]


def test_a_stream_ends_when_who_listens_has_left(client):
    n_before = len(client.get("/told").json())

    with client.stream("GET", "/stream") as answer:
        lines = answer.iter_lines()
        assert [next(lines), next(lines)] == ["0", "1"]

    until(lambda: len(client.get("/told").json()) > n_before)
    assert client.get("/told").json()[n_before:] == ["left after 1"]


def test_a_bug_is_a_500_and_the_process_goes_on(client):
    assert client.get("/fail").status_code == 500
    assert client.get("/ready").status_code == 203
