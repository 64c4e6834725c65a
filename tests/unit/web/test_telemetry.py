"""What is written and counted of requests (web.telemetry)."""

import json

import httpx
from prometheus_client import CollectorRegistry, generate_latest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from web.limits import InFlightLimit
from web.logs import make_logger
from web.telemetry import RequestMetrics, Telemetry


def client_and_registry(**limits):
    async def work(_):
        return PlainTextResponse("done")

    registry = CollectorRegistry()
    limited = InFlightLimit(Starlette(routes=[Route("/work", work)]), exempt=frozenset(), **limits)
    app = Telemetry(limited, RequestMetrics(registry), make_logger("INFO", "shop"))
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://service")
    return client, registry


async def test_a_request_is_one_line_with_its_id(capsys):
    client, _ = client_and_registry(max_requests=1)

    answer = await client.get("/work", headers={"X-Request-ID": "abc.1"})

    [line] = map(json.loads, capsys.readouterr().out.splitlines())
    assert answer.headers["X-Request-ID"] == "abc.1"
    assert [line[name] for name in ("request_id", "method", "path", "status")] == [
        "abc.1",
        "GET",
        "/work",
        200,
    ]


async def test_an_id_that_could_forge_a_line_is_replaced():
    client, _ = client_and_registry(max_requests=1)

    answers = [await client.get("/work", headers={"X-Request-ID": "a b"}) for _ in range(2)]

    one, other = (answer.headers["X-Request-ID"] for answer in answers)
    assert len(one) == len(other) == 32
    assert one != other


async def test_of_many_that_are_refused_one_line_a_second_tells_and_all_are_counted(capsys):
    client, registry = client_and_registry(max_requests=0)

    statuses = [(await client.get("/work")).status_code for _ in range(5)]

    [line] = map(json.loads, capsys.readouterr().out.splitlines())
    counted = generate_latest(registry).decode()
    assert statuses == [503] * 5
    assert (line["event"], line["level"], line["n_refused"]) == ("requests refused", "warning", 1)
    assert 'http_requests_total{method="GET",route="unmatched",status="503"} 5.0' in counted


async def test_the_end_of_a_rush_is_told_by_the_next_request(capsys, monkeypatch):
    now = iter((0.0, 0.1, 5.0))
    monkeypatch.setattr("web.telemetry.monotonic", lambda: next(now))
    client, _ = client_and_registry(max_requests=0)

    for _ in range(3):
        await client.get("/work")

    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["n_refused"] for line in lines] == [1, 2]
