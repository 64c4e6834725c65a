"""Asking Airflow's API (emporium.airflow_client)."""

import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx2
import pytest

from emporium.airflow_client import AirflowClient, AirflowError, connect
from emporium.ports import free_port


class NoRuns(BaseHTTPRequestHandler):
    """An API server of a platform on which nothing has run."""

    def do_GET(self):
        self.send_response(200 if "dagRuns" in self.path else 404)
        self.end_headers()
        self.wfile.write(b'{"dag_runs": []}')

    def log_message(self, *_):
        pass


@pytest.fixture
def port():
    return free_port()


@pytest.fixture
def server_soon(port):
    """A server that is there half a second after the test has begun."""
    servers = []

    def serve():
        time.sleep(0.5)
        servers.append(HTTPServer(("127.0.0.1", port), NoRuns))
        servers[0].serve_forever()

    thread = threading.Thread(target=serve)
    thread.start()
    yield
    servers[0].shutdown()
    servers[0].server_close()
    thread.join()


@pytest.fixture
def client(port):
    with httpx2.Client(base_url=f"http://127.0.0.1:{port}") as http:
        yield AirflowClient(http)


@pytest.mark.usefixtures("server_soon")
def test_an_api_server_that_is_being_started_again_is_waited_for(client):
    assert client.runs("2026-01-01T00:00:00Z") == []


@pytest.mark.usefixtures("server_soon")
def test_what_airflow_refuses_is_named_with_its_path(client):
    with pytest.raises(AirflowError, match=r"GET /dags: 404"):
        client.wait_for_dags({"ingest"}, seconds=0)


def test_an_api_server_that_is_not_there_is_told_with_where_to_look(port):
    with pytest.raises(AirflowError, match="does not answer: see `emporium logs airflow-api`"):
        connect(f"http://127.0.0.1:{port}")
