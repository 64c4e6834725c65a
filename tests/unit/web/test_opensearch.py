"""Writing many rows to a cluster that is busy or refuses some (web.opensearch), by a server that says so."""

import http.server
import json
import threading

import pytest

from web.opensearch import FIRST_WAIT_SECONDS, N_TRIES, OpenSearch, OpenSearchError

ROWS = [(b'{"index":{"_id":"%d"}}' % n, b'{"n":%d}' % n) for n in (1, 2)]


@pytest.fixture
def cluster():
    """Return what makes a cluster of its answers: a status, or one for each row by id; the last one stays."""
    servers = []

    def make(*answers):
        asked = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                lines = self.rfile.read(int(self.headers["Content-Length"])).splitlines()
                ids = [json.loads(line)["index"]["_id"] for line in lines[::2]]
                asked.append(ids)
                answer = answers[min(len(asked), len(answers)) - 1]
                is_whole = isinstance(answer, int)
                items = [item(id_, 200 if is_whole else answer[id_]) for id_ in ids]
                self.send_response(answer if is_whole else 200)
                self.end_headers()
                self.wfile.write(json.dumps({"items": items, "error": "busy"}).encode())

            def log_message(self, *args):
                pass

        server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever).start()
        servers.append(server)
        return OpenSearch(f"http://127.0.0.1:{server.server_port}", 5), asked

    yield make
    for server in servers:
        server.shutdown()
        server.server_close()


def item(id_, status):
    return {"index": {"_id": id_, "status": status, "error": {"reason": f"{id_} is wrong"}}}


@pytest.mark.parametrize(
    ("answers", "asked"),
    [
        ([200], [["1", "2"]]),
        ([429, 429, 200], [["1", "2"]] * 3),
        ([{"1": 201, "2": 429}, {"2": 201}], [["1", "2"], ["2"]]),
    ],
)
def test_a_busy_cluster_is_asked_again_for_what_it_had_no_room_for(cluster, answers, asked):
    client, seen = cluster(*answers)
    waits = []

    assert client.bulk("products", ROWS, waits.append) == 2

    assert seen == asked
    assert waits == [FIRST_WAIT_SECONDS * 2**n for n in range(len(asked) - 1)]


def test_a_refused_row_is_an_error_with_its_reason(cluster):
    client, _ = cluster({"1": 400, "2": 201})

    with pytest.raises(OpenSearchError, match=r"1 rows are refused: 1: .*1 is wrong"):
        client.bulk("products", ROWS)


def test_a_cluster_that_stays_busy_is_given_up(cluster):
    client, seen = cluster(429)

    with pytest.raises(OpenSearchError, match="stays busy"):
        client.bulk("products", ROWS, lambda seconds: None)

    assert len(seen) == N_TRIES + 1
