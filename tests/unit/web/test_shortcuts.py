"""Which requests a shortcut answers (web.shortcuts)."""

import httpx2
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from web.shortcuts import JSON, NOT_MODIFIED, Answer, Shortcut, add_shortcuts

app = FastAPI()


@app.get("/lamps")
async def read_lamps() -> str:
    return "the route"


@app.put("/lamps")
async def put_lamps() -> str:
    return "the route"


@app.get("/lamps/{lamp_id}")
async def read_lamp(lamp_id: str) -> str:
    return f"the route: {lamp_id}"


async def shortcut(state, headers, query):
    marks = ((b"etag", b'"1"'),)
    if b"if-none-match" in headers:
        return Answer(NOT_MODIFIED, JSON, b"", marks)
    return Answer(200, JSON, b'"short"', marks) if query == b"" else None


def route_of(endpoint):
    [route] = [r for r in app.routes if isinstance(r, APIRoute) and r.endpoint is endpoint]
    return route


add_shortcuts(app, [Shortcut(route_of(read_lamps), shortcut)])


@pytest.mark.parametrize(
    ("method", "path", "status", "answer"),
    [
        ("GET", "/lamps", 200, "short"),
        ("GET", "/lamps?colour=red", 200, "the route"),
        ("PUT", "/lamps", 200, "the route"),
        ("GET", "/lamps/7", 200, "the route: 7"),
        ("GET", "/other", 404, {"detail": "Not Found"}),
    ],
)
async def test_a_shortcut_answers_the_plain_request_and_the_routes_all_else(
    method, path, status, answer
):
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://x") as shop:
        got = await shop.request(method, path)

    assert (got.status_code, got.json()) == (status, answer)
    assert ("etag" in got.headers) == (answer == "short")


async def test_what_is_unchanged_has_no_body_and_no_type_of_it():
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://x") as shop:
        got = await shop.get("/lamps", headers={"If-None-Match": '"1"'})

    assert (got.status_code, got.content, got.headers["etag"]) == (304, b"", '"1"')
    assert "content-type" not in got.headers


def test_a_shortcut_for_a_path_with_parameters_is_refused():
    with pytest.raises(ValueError, match="fixed path"):
        Shortcut(route_of(read_lamp), shortcut)
