"""What a service takes on at once (web.limits)."""

import asyncio

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route

from web.limits import BodyLimit, Chain, InFlightLimit


@pytest.fixture
def busy():
    """A service that takes two requests at once and answers when its gate opens."""
    gate = asyncio.Event()

    async def work(_):
        await gate.wait()
        return PlainTextResponse("done")

    app = Starlette(routes=[Route(path, work) for path in ("/work", "/healthz")])
    limited = InFlightLimit(app, max_requests=2, exempt=frozenset({"/healthz"}))
    transport = httpx.ASGITransport(limited)
    return gate, httpx.AsyncClient(transport=transport, base_url="http://service")


@pytest.mark.parametrize(
    ("asked", "answered"),
    [
        pytest.param(["/order"] * 5, [200] * 4 + [503], id="what ends the chain has the room"),
        pytest.param(["/cart"] * 3, [200, 200, 503], id="what begins it has half"),
        pytest.param(["/order", "/cart", "/cart"], [200, 200, 503], id="of what the end leaves"),
        pytest.param(["/order"] * 3 + ["/cart"], [200, 200, 200, 503], id="and none beyond"),
        pytest.param(["/order"] * 4 + ["/login"], [200] * 5, id="others wait for no order"),
        pytest.param(["/login"] * 3 + ["/order"], [200, 200, 503, 200], id="nor orders for them"),
    ],
)
async def test_a_chain_of_requests_is_refused_at_its_beginning(asked, answered):
    gate = asyncio.Event()

    async def work(_):
        await gate.wait()
        return PlainTextResponse("done")

    app = Starlette(routes=[Route("/{what}", work, methods=["POST"])])
    chain = Chain(frozenset({("POST", "/cart")}), frozenset({("POST", "/order")}))
    limited = InFlightLimit(app, max_requests=4, exempt=frozenset(), chain=chain)
    client = httpx.AsyncClient(transport=httpx.ASGITransport(limited), base_url="http://service")

    under_way = [asyncio.create_task(client.post(path)) for path in asked]
    await asyncio.sleep(0.01)
    gate.set()

    assert [(await each).status_code for each in under_way] == answered


async def test_who_cannot_be_answered_in_time_is_told_at_once(busy):
    gate, client = busy
    under_way = [asyncio.create_task(client.get("/work")) for _ in range(2)]
    await asyncio.sleep(0)

    refused = await client.get("/work")
    gate.set()
    answered = [await each for each in under_way]
    afterwards = await client.get("/work")

    assert (refused.status_code, refused.json()["type"]) == (503, "/problems/overloaded")
    assert refused.headers["Retry-After"]
    assert [answer.status_code for answer in (*answered, afterwards)] == [200, 200, 200]


async def test_signs_of_life_are_answered_however_busy_it_is(busy):
    gate, client = busy
    under_way = [asyncio.create_task(client.get("/work")) for _ in range(2)]
    await asyncio.sleep(0)
    sign = asyncio.create_task(client.get("/healthz"))
    await asyncio.sleep(0)

    gate.set()

    assert (await sign).status_code == 200
    await asyncio.gather(*under_way)


async def test_a_stream_of_events_takes_no_place_once_it_has_begun():
    begun, gate = asyncio.Event(), asyncio.Event()

    async def events():
        yield b"data: 1\n\n"
        begun.set()
        await gate.wait()

    async def stream(_):
        return StreamingResponse(events(), media_type="text/event-stream")

    async def work(_):
        return PlainTextResponse("done")

    app = Starlette(routes=[Route("/events", stream), Route("/work", work)])
    limited = InFlightLimit(app, max_requests=1, exempt=frozenset())
    transport = httpx.ASGITransport(limited)
    async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
        streaming = asyncio.create_task(client.get("/events"))
        await begun.wait()
        meanwhile = await client.get("/work")
        gate.set()
        await streaming
        afterwards = await client.get("/work")

    assert [meanwhile.status_code, afterwards.status_code] == [200, 200]


@pytest.mark.parametrize(
    ("path", "n_bytes", "status"),
    [
        ("/things", 10, 200),
        ("/things", 11, 413),
        ("/things/1/images", 20, 200),
        ("/things/1/images", 21, 413),
        ("/things/1/images/2", 11, 413),
    ],
)
async def test_a_path_may_take_larger_bodies_than_the_others(path, n_bytes, status):
    async def read(request):
        return PlainTextResponse(str(len(await request.body())))

    app = Starlette(routes=[Route("/{rest:path}", read, methods=["POST"])])
    limited = BodyLimit(app, max_bytes=10, by_path={"/things/{thing_id}/images": 20})
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(limited), base_url="http://service"
    ) as client:
        answer = await client.post(path, content=b"x" * n_bytes)

    assert answer.status_code == status
