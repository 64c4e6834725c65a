"""Which requests a shortcut of a path with a parameter answers (web.shortcuts)."""

import httpx2
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from web.shortcuts import JSON, NOT_MODIFIED, Answer, Shortcut, add_shortcuts

app = FastAPI()


@app.get("/lamps/{lamp_id}")
async def read_lamp(lamp_id: str) -> str:
    return f"the route: {lamp_id}"


@app.put("/lamps/{lamp_id}")
async def put_lamp(lamp_id: str) -> str:
    return f"the route: {lamp_id}"


@app.get("/lamps/{lamp_id}/bulbs")
async def read_bulbs(lamp_id: str) -> str:
    return f"the route: bulbs of {lamp_id}"


async def shortcut(state, headers, lamp_id):
    marks = ((b"etag", b'"1"'),)
    if b"if-none-match" in headers:
        return Answer(NOT_MODIFIED, JSON, b"", marks)
    return Answer(200, JSON, b'"short: %s"' % lamp_id, marks) if lamp_id == b"7" else None


def route_of(endpoint):
    [route] = [r for r in app.routes if isinstance(r, APIRoute) and r.endpoint is endpoint]
    return route


add_shortcuts(app, [Shortcut(route_of(read_lamp), shortcut)])


@pytest.mark.parametrize(
    ("method", "path", "status", "answer"),
    [
        ("GET", "/lamps/7", 200, "short: 7"),
        ("GET", "/lamps/8", 200, "the route: 8"),
        ("GET", "/lamps/7?colour=red", 200, "the route: 7"),
        ("GET", "/lamps/7/bulbs", 200, "the route: bulbs of 7"),
        ("PUT", "/lamps/7", 200, "the route: 7"),
        ("GET", "/lamps/", 404, {"detail": "Not Found"}),
        ("GET", "/lamps", 404, {"detail": "Not Found"}),
        ("GET", "/other/7", 404, {"detail": "Not Found"}),
    ],
)
async def test_a_shortcut_answers_the_plain_request_and_the_routes_all_else(
    method, path, status, answer
):
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://x") as shop:
        got = await shop.request(method, path)

    assert (got.status_code, got.json()) == (status, answer)
    assert ("etag" in got.headers) == (answer == "short: 7")


async def test_what_is_unchanged_has_no_body_and_no_type_of_it():
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://x") as shop:
        got = await shop.get("/lamps/7", headers={"If-None-Match": '"1"'})

    assert (got.status_code, got.content, got.headers["etag"]) == (304, b"", '"1"')
    assert "content-type" not in got.headers


@pytest.mark.parametrize("endpoint", [put_lamp, read_bulbs])
def test_a_shortcut_for_other_paths_with_parameters_is_refused(endpoint):
    with pytest.raises(ValueError, match="only parameter"):
        Shortcut(route_of(endpoint), shortcut)
