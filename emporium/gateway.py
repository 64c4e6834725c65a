"""The one address of the shop: passes each request on to the service that answers it.

Bodies stream through in both directions, so that server-sent events and large answers arrive as
they are made.
"""

import html
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path

import httpx2
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from web.problems import Problem, response

TO_SHOP = (
    "accounts",
    "tokens",
    "catalogue",
    "carts",
    "orders",
    "payments",
    "stock",
    "fulfilment",
    "sellers",
    "promotions",
    "tariffs",
    "slots",
    "search-rules",
    "experiments",
    "reviews",
    "notifications",
    "figures",
)
TO_SERVING = (
    "products",
    "categories",
    "suggestions",
    "recommendations",
    "events",
    "answers",
    "freshness",
)
HOP_BY_HOP = frozenset(
    (
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    )
)
"""RFC 9110 §7.6.1: of one connection only, never passed on."""

CONNECT_SECONDS = 2.0
READ_SECONDS = 60.0
NOT_PAGES = ("/api/{rest:path}", "/docs/{rest:path}", "/metrics", "/readyz")
"""Unknown paths of the APIs are problems for programs, and what the pages' process tells is for operators."""
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


class UpstreamDownProblem(Problem):
    """The service behind this path does not answer."""

    type, title, status = "/problems/upstream-down", "Bad gateway", 502


@dataclass(frozen=True)
class Gateway:
    """Where everything is.

    Parameters
    ----------
    shop_url, serving_url
        Base URLs of the two services, no slash at the end.
    links
        Further pages for people, URL by name, for the page at `/`.
    inbox_url
        Base URL of the inbox that shows the shop's mails; "" where they go to a mail server.
    data_docs
        Folder of Great Expectations' pages, `latest` the newest; served below `/data-docs`.
    storefront_url
        Base URL of the shop's pages, which answer every path that is nobody else's; "" without them:
        then `/` lists what there is.
    operations_url
        Base URL of the operations API; "" without it.
    """

    shop_url: str
    serving_url: str
    links: Mapping[str, str] = field(default_factory=dict)
    inbox_url: str = ""
    data_docs: Path | None = None
    storefront_url: str = ""
    operations_url: str = ""


def create_app(gateway: Gateway, transport: httpx2.AsyncBaseTransport | None = None) -> Starlette:
    """Return the ASGI application; `transport` replaces the network in tests of the gateway."""
    timeout = httpx2.Timeout(READ_SECONDS, connect=CONNECT_SECONDS)
    limits = httpx2.Limits(max_connections=None, max_keepalive_connections=100)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        # A jar that takes nothing: a shopper's cookies are never sent with another's request.
        jar = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
        async with httpx2.AsyncClient(
            transport=transport, timeout=timeout, limits=limits, trust_env=False, cookies=jar
        ) as client:
            client.headers.clear()  # its own Accept-Encoding would bring what nobody asked for
            app.state.client = client
            yield

    routes: list[BaseRoute] = [
        Route("/platform" if gateway.storefront_url else "/", _index_page(gateway)),
        Route("/healthz", _healthz),
        *_proxy_routes("/docs/shop", gateway.shop_url),
        *_proxy_routes("/docs/serving", gateway.serving_url),
    ]
    for names, url in ((TO_SHOP, gateway.shop_url), (TO_SERVING, gateway.serving_url)):
        for name in names:
            routes += _proxy_routes(f"/api/v1/{name}", url)
    if gateway.operations_url:
        routes += _proxy_routes("/docs/operations", gateway.operations_url)
        routes += _proxy_routes("/api/v1/operations", gateway.operations_url)
    if gateway.inbox_url:
        routes += _proxy_routes("/inbox", gateway.inbox_url)
    if gateway.data_docs:
        pages = StaticFiles(directory=gateway.data_docs, check_dir=False, follow_symlink=True)
        routes.append(Mount("/data-docs", pages))
    if gateway.storefront_url:
        routes += [Route(path, _unknown, methods=METHODS) for path in NOT_PAGES]
        routes += _proxy_routes("", gateway.storefront_url)
    app = Starlette(routes=routes, lifespan=lifespan)
    app.add_exception_handler(404, _not_found)
    return app


def _proxy_routes(path: str, upstream: str) -> list[Route]:
    async def pass_on(request: Request) -> Response:
        return await _pass_on(request, upstream)

    paths = (path, path + "/{rest:path}") if path else ("/{rest:path}",)
    return [Route(each, pass_on, methods=METHODS) for each in paths]


async def _pass_on(request: Request, upstream: str) -> Response:
    client: httpx2.AsyncClient = request.app.state.client
    path = request.scope.get("raw_path") or request.url.path.encode()
    query = request.scope["query_string"]
    url = upstream + path.decode("latin-1") + (f"?{query.decode('latin-1')}" if query else "")
    has_body = "content-length" in request.headers or "transfer-encoding" in request.headers
    passed = client.build_request(
        request.method,
        url,
        headers=request_headers(request),
        content=request.stream() if has_body else None,
    )
    try:
        answer = await client.send(passed, stream=True)
    except httpx2.TransportError as error:
        return response(_upstream_down(error), request.url.path)
    return _streamed(answer)


def _streamed(answer: httpx2.Response) -> StreamingResponse:
    streamed = StreamingResponse(_chunks(answer), answer.status_code)
    # A list of pairs, for a name may come twice: Set-Cookie.
    streamed.raw_headers = [
        (name.lower(), value)
        for name, value in answer.headers.raw
        if name.lower().decode("latin-1") not in dropped_headers(answer.headers.get("connection"))
    ]
    return streamed


async def _chunks(answer: httpx2.Response) -> AsyncIterator[bytes]:
    """Yield the body as it comes; the connection is given back also if the client goes away."""
    try:
        async for chunk in answer.aiter_raw():
            yield chunk
    finally:
        await answer.aclose()


def dropped_headers(connection: str | None) -> frozenset[str]:
    """Return the header names that stop here: the standard's, and those that Connection lists."""
    listed = (name.strip().lower() for name in (connection or "").split(","))
    return HOP_BY_HOP | frozenset(listed)


def request_headers(request: Request) -> list[tuple[str, str]]:
    """Return the headers to pass on, with the client's address added to X-Forwarded-For."""
    dropped = dropped_headers(request.headers.get("connection")) | {"host", "x-forwarded-for"}
    passed = [(name, value) for name, value in request.headers.items() if name not in dropped]
    hops = [*request.headers.getlist("x-forwarded-for")]
    hops.append(request.client.host if request.client else "unknown")
    return [
        *passed,
        ("x-forwarded-for", ", ".join(hops)),
        ("x-forwarded-host", request.headers.get("host", "")),
        ("x-forwarded-proto", request.url.scheme),
    ]


def _upstream_down(error: Exception) -> UpstreamDownProblem:
    return UpstreamDownProblem(
        f"The service behind this path does not answer ({type(error).__name__}). "
        "Try again in a moment; `emporium status` says what runs.",
        {"Retry-After": "2"},
    )


async def _healthz(_: Request) -> Response:
    return JSONResponse({"status": "ok"})


async def _unknown(request: Request) -> Response:
    return await _not_found(request, KeyError(request.url.path))


async def _not_found(request: Request, _: Exception) -> Response:
    problem = Problem(
        "There is nothing at this path; /docs/shop and /docs/serving list what there is."
    )
    problem.type, problem.title, problem.status = "/problems/not-found", "Not Found", 404
    return response(problem, request.url.path)


def _index_page(gateway: Gateway) -> Callable[[Request], Awaitable[Response]]:
    links = {
        "The shop's API": "/docs/shop",
        "Search and recommendations": "/docs/serving",
        **({"Operations": "/docs/operations"} if gateway.operations_url else {}),
        **({"Operator's desk": "/ops"} if gateway.storefront_url else {}),
        **({"Inbox: the shop's mails": "/inbox"} if gateway.inbox_url else {}),
        **gateway.links,
        **({"Data Docs": "/data-docs/latest/index.html"} if gateway.data_docs else {}),
    }
    items = "".join(
        f'<li><a href="{html.escape(url)}">{html.escape(name)}</a></li>'
        for name, url in links.items()
    )
    page = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Emporium</title><h1>Emporium</h1><ul>{items}</ul></html>'

    async def index(_: Request) -> Response:
        return HTMLResponse(page)

    return index
