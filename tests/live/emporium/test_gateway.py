"""The gateway before real servers (emporium.gateway)."""

import asyncio
import contextlib
import sys

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route
from starlette.testclient import TestClient

from emporium.gateway import Gateway, create_app
from emporium.ports import free_port, is_listening
from tests.services import running

pytestmark = pytest.mark.live

ECHO = '''
"""An upstream that tells what it was sent, and streams."""
import asyncio
import sys
import uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse, StreamingResponse
from starlette.routing import Route

async def tell(request):
    body = await request.body()
    answer = JSONResponse(
        {
            "name": sys.argv[1],
            "method": request.method,
            "path": request.scope["raw_path"].decode(),
            "query": request.url.query,
            "headers": dict(request.headers),
            "n_bytes": len(body),
        },
        201,
        headers={"Connection": "X-Secret", "X-Secret": "1", "X-Kept": "1"},
    )
    answer.raw_headers += [(b"set-cookie", b"a=1"), (b"set-cookie", b"b=2")]
    return answer

async def stream(request):
    async def ticks():
        yield b"data: first\\n\\n"
        await asyncio.sleep(float(request.query_params["pause"]))
        yield b"data: second\\n\\n"
    return StreamingResponse(ticks(), media_type="text/event-stream")

routes = [
    Route("/api/v1/orders/stream", stream),
    Route("/{rest:path}", tell, methods=["GET", "POST", "PUT", "DELETE", "PATCH"]),
]
uvicorn.run(Starlette(routes=routes), host="127.0.0.1", port=int(sys.argv[2]), log_level="error")
'''


@pytest.fixture(scope="module")
def upstreams(tmp_path_factory):
    folder = tmp_path_factory.mktemp("upstreams")
    script = folder / "echo.py"
    script.write_text(ECHO)
    urls = {}
    with contextlib.ExitStack() as stack:
        for name in ("shop", "serving"):
            port = free_port()
            command = [sys.executable, str(script), name, str(port)]
            log = folder / f"{name}.log"
            stack.enter_context(running(command, log, lambda port=port: is_listening(port)))
            urls[name] = f"http://127.0.0.1:{port}"
        yield urls


@contextlib.asynccontextmanager
async def through(gateway):
    app = create_app(gateway)
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app), base_url="http://gateway"
        ) as client,
    ):
        yield client


@pytest.fixture
async def client(upstreams):
    links = {"Airflow": "http://127.0.0.1:8080"}
    async with through(Gateway(upstreams["shop"], upstreams["serving"], links)) as client:
        yield client


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/api/v1/accounts/me", "shop"),
        ("/api/v1/tokens", "shop"),
        ("/api/v1/catalogue/products/1", "shop"),
        ("/api/v1/carts/mine", "shop"),
        ("/api/v1/orders", "shop"),
        ("/api/v1/stock/movements", "shop"),
        ("/docs/shop/openapi.json", "shop"),
        ("/api/v1/products", "serving"),
        ("/api/v1/products/1", "serving"),
        ("/api/v1/categories/1/products", "serving"),
        ("/api/v1/recommendations", "serving"),
        ("/api/v1/events", "serving"),
        ("/docs/serving", "serving"),
    ],
)
async def test_each_path_reaches_its_service(client, path, name):
    told = (await client.get(path)).json()

    assert (told["name"], told["path"]) == (name, path)


async def test_method_query_and_body_pass_through(client):
    answer = await client.put("/api/v1/carts/a%2Fb?x=1&x=%C3%BC", content=b"z" * 100_000)

    told = answer.json()
    assert answer.status_code == 201
    assert (told["method"], told["n_bytes"]) == ("PUT", 100_000)
    assert (told["path"], told["query"]) == ("/api/v1/carts/a%2Fb", "x=1&x=%C3%BC")


async def test_headers_of_one_connection_stop_here(client):
    sent = {"Connection": "X-Mine", "X-Mine": "1", "TE": "trailers", "Authorization": "Bearer t"}

    answer = await client.get("/api/v1/orders", headers=sent)

    reached = answer.json()["headers"]
    assert "x-mine" not in reached
    assert "te" not in reached
    assert reached["authorization"] == "Bearer t"
    assert "x-secret" not in answer.headers
    assert answer.headers["x-kept"] == "1"
    assert answer.headers.get_list("set-cookie") == ["a=1", "b=2"]


async def test_the_clients_address_is_added_to_those_before(client):
    plain = (await client.get("/api/v1/orders")).json()["headers"]
    again = (await client.get("/api/v1/orders", headers={"X-Forwarded-For": "203.0.113.9"})).json()[
        "headers"
    ]

    assert plain["x-forwarded-for"] == "127.0.0.1"
    assert again["x-forwarded-for"] == "203.0.113.9, 127.0.0.1"


async def test_nothing_is_asked_for_that_the_client_did_not_ask_for(client):
    client.headers.clear()

    reached = (await client.get("/api/v1/orders")).json()["headers"]

    assert not {"accept-encoding", "user-agent", "accept"} & set(reached)


async def test_no_cookie_of_one_answer_goes_out_with_the_next_request(upstreams):
    async with through(Gateway(upstreams["shop"], upstreams["serving"])) as client:
        await client.get("/api/v1/orders")
        client.cookies.clear()

        told = (await client.get("/api/v1/orders")).json()

    assert "cookie" not in told["headers"]


async def test_what_caches_go_by_passes_in_both_directions():
    async def page(request):
        headers = {"ETag": '"7-ab"', "Cache-Control": "public, max-age=2", "Vary": "authorization"}
        unchanged = request.headers.get("if-none-match") == '"7-ab"'
        return Response(b"" if unchanged else b"{}", 304 if unchanged else 200, headers)

    shop = Starlette(routes=[Route("/api/v1/catalogue/products/7", page)])
    gateway = create_app(Gateway("http://shop", "http://serving"), httpx2.ASGITransport(shop))
    async with (
        gateway.router.lifespan_context(gateway),
        httpx2.AsyncClient(transport=httpx2.ASGITransport(gateway), base_url="http://x") as client,
    ):
        whole = await client.get("/api/v1/catalogue/products/7")
        known = {"If-None-Match": whole.headers["etag"]}
        unchanged = await client.get("/api/v1/catalogue/products/7", headers=known)

    assert (whole.status_code, unchanged.status_code, unchanged.content) == (200, 304, b"")
    for answer in (whole, unchanged):
        assert answer.headers["etag"] == '"7-ab"'
        assert answer.headers["cache-control"] == "public, max-age=2"
        assert answer.headers["vary"] == "authorization"


async def test_a_service_that_is_down_is_a_502_that_says_so():
    down = f"http://127.0.0.1:{free_port()}"
    async with through(Gateway(down, down)) as client:
        answer = await client.get("/api/v1/orders")
        alive = await client.get("/healthz")

    assert (answer.status_code, answer.json()["type"]) == (502, "/problems/upstream-down")
    assert alive.status_code == 200


async def test_the_page_at_the_root_names_what_is_where(client):
    page = (await client.get("/")).text

    for link in ("/docs/shop", "/docs/serving", "http://127.0.0.1:8080"):
        assert f'href="{link}"' in page


async def test_the_shops_pages_answer_what_is_nobody_elses(upstreams):
    pages = upstreams["serving"]
    gateway = Gateway(upstreams["shop"], "http://serving.invalid", storefront_url=pages)
    async with through(gateway) as client:
        told = {
            path: (await client.get(path)).json() for path in ("/", "/products/7?a=1", "/orders")
        }
        own = {
            path: (await client.get(path)).status_code
            for path in (
                "/platform",
                "/healthz",
                "/api/v1/nothing",
                "/metrics",
                "/readyz",
                "/docs/storefront",
            )
        }
        order = (await client.get("/api/v1/orders")).json()

    assert [each["path"] for each in told.values()] == ["/", "/products/7", "/orders"]
    assert {each["name"] for each in told.values()} == {"serving"}
    assert told["/products/7?a=1"]["query"] == "a=1"
    assert list(own.values()) == [200, 200, 404, 404, 404, 404]
    assert order["name"] == "shop"


async def test_an_unknown_path_is_a_problem(client):
    answer = await client.get("/nowhere")

    assert (answer.status_code, answer.headers["content-type"]) == (
        404,
        "application/problem+json",
    )


async def test_a_stream_arrives_as_it_is_made(upstreams, tmp_path):
    """Through a real server: the first event is here while the second is not made yet."""
    port = free_port()
    script = tmp_path / "gateway.py"
    script.write_text(
        "import sys, uvicorn\n"
        "from emporium.gateway import Gateway, create_app\n"
        "app = create_app(Gateway(sys.argv[1], sys.argv[2]))\n"
        "uvicorn.run(app, host='127.0.0.1', port=int(sys.argv[3]), log_level='error')\n"
    )
    command = [sys.executable, str(script), upstreams["shop"], upstreams["serving"], str(port)]
    with running(command, tmp_path / "log", lambda: is_listening(port), env={"PYTHONPATH": "."}):
        url = f"http://127.0.0.1:{port}/api/v1/orders/stream?pause=600"
        async with httpx2.AsyncClient() as client, client.stream("GET", url) as answer:
            first = await asyncio.wait_for(anext(answer.aiter_raw()), 20)

    assert first == b"data: first\n\n"
    assert answer.headers["content-type"].startswith("text/event-stream")


def test_data_docs_are_served_from_their_folder(tmp_path):
    (tmp_path / "2024-05-01").mkdir()
    (tmp_path / "2024-05-01" / "index.html").write_text("<h1>validated</h1>")
    (tmp_path / "latest").symlink_to("2024-05-01")
    app = create_app(Gateway("http://shop.invalid", "http://serving.invalid", data_docs=tmp_path))

    with TestClient(app) as client:
        assert "/data-docs/latest/index.html" in client.get("/").text
        assert "validated" in client.get("/data-docs/latest/index.html").text
