"""The gateway knows every part of the APIs (emporium.gateway)."""

import httpx2
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse

from emporium.gateway import TO_SHOP, Gateway, create_app
from transactional.app import make_shop

API = "/api/v1/"


def test_every_part_of_the_shop_is_routed_to_it():
    paths = make_shop("ERROR").openapi()["paths"]

    parts = {path.removeprefix(API).split("/")[0] for path in paths if path.startswith(API)}

    assert parts <= {*TO_SHOP}


async def tell_host(scope, receive, send):
    """Answer with the name of the host that was asked."""
    await PlainTextResponse(Request(scope).url.hostname)(scope, receive, send)


@pytest.mark.parametrize(
    ("operations_url", "path", "answered_by"),
    [
        ("http://operations", "/api/v1/operations/health", "operations"),
        ("http://operations", "/docs/operations", "operations"),
        ("http://operations", "/ops", "pages"),
        ("", "/api/v1/operations/health", "nobody"),
    ],
)
async def test_operators_requests_reach_operations_where_it_runs(operations_url, path, answered_by):
    network = httpx2.ASGITransport(tell_host)
    gateway = Gateway(
        "http://shop",
        "http://serving",
        storefront_url="http://pages",
        operations_url=operations_url,
    )
    app = create_app(gateway, network)

    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app), base_url="http://gateway"
        ) as client,
    ):
        answer = await client.get(path)

    assert (answer.text if answer.status_code == 200 else "nobody") == answered_by
