"""The requests that pages make most are answered alike by their shortcuts and by their own routes."""

import httpx2
import pytest

from serving.app import make_app
from tests.live.serving.conftest import is_ready, numbered, until
from web.shortcuts import Shortcuts

pytestmark = pytest.mark.live
PATH = "/api/v1/recommendations"


@pytest.fixture
async def by_its_route(serving_settings, shelf, client):
    app = make_app(serving_settings, lambda: shelf.model, numbered)
    app.user_middleware[:] = [each for each in app.user_middleware if each.cls is not Shortcuts]
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app), base_url="http://serving"
        ) as without,
    ):
        await until(lambda: is_ready(without))
        yield without


@pytest.mark.parametrize(
    "query",
    [
        "type=for_you&customer_id=1",
        "type=for_you&customer_id=1&viewed=2&viewed=3&limit=3",
        "type=for_cart&cart=4&slot=home_top",
        "type=similar&product_id=4&category_id=11",
        # what is not plainly right
        "",
        "type",
        "type=magic",
        "type=for_you&type=similar",
        "type=for_you&customer_id=0",
        "type=for_you&customer_id=x",
        "type=for_you&customer_id=",
        "type=for_you&limit=101",
        "type=for_you&colour=red",
        "type=for_you&slot=Home",
        "type=for_cart&cart=4&cart=x",
        "type=trending&limit=%31",
        "type=trending&limit=%zz",
    ],
)
async def test_both_ways_answer_alike(client, by_its_route, query):
    short, long = [await each.get(f"{PATH}?{query}") for each in (client, by_its_route)]

    told = [{**each.json(), "answer_id": None} for each in (short, long)]  # each has its own
    assert (short.status_code, told[0]) == (long.status_code, told[1])
    assert short.headers["content-type"] == long.headers["content-type"]


@pytest.mark.parametrize(
    "path",
    [
        "products?q=number",
        "products?q=numbr&brand=Lumo&brand=Other&attribute=colour%3Dred&in_stock=true&limit=2",
        "products?q=number&personal=true&customer_id=1&semantic=true",
        "products",
        "suggestions?q=nu",
        # what is not plainly right
        "products?q=number&personal=true",
        "products?q=number&cursor=x",
        "products?min_price=2&max_price=1",
        "products?colour=red",
        "suggestions",
        "suggestions?q=nu&limit=0",
    ],
)
async def test_searches_are_answered_alike_both_ways(client, by_its_route, path):
    short, long = [await each.get(f"/api/v1/{path}") for each in (client, by_its_route)]

    told = [{**each.json(), "answer_id": None} for each in (short, long)]
    assert (short.status_code, told[0]) == (long.status_code, told[1])
    assert short.headers["content-type"] == long.headers["content-type"]


async def test_before_there_is_an_index_both_say_what_to_run(serving_settings, shelf):
    app = make_app(serving_settings, lambda: None, numbered)
    client = httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://serving")

    async with app.router.lifespan_context(app), client:
        answer = await client.get(PATH, params={"type": "trending"})

    assert answer.status_code == 503
    assert "build_search_index" in answer.json()["detail"]
