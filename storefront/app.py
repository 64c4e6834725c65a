"""The storefront's process.

granian --interface asgi --factory storefront.app:create_app
"""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from time import monotonic

import httpx2
from fastapi import APIRouter, FastAPI
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import BaseRoute

from storefront.account.orders_router import router as orders_router
from storefront.account.router import router as account_router
from storefront.apis import OPERATIONS_SECONDS, Api, make_client
from storefront.browsing.pictures import router as pictures_router
from storefront.browsing.router import router as browsing_router
from storefront.cart.router import router as cart_router
from storefront.checkout.router import router as checkout_router
from storefront.desk.router import router as desk_router
from storefront.errors import add_error_pages
from storefront.files import router as files_router
from storefront.headers import SecurityHeaders
from storefront.pages import make_pages
from storefront.seller.router import router as seller_router
from storefront.sessions import Sessions
from storefront.settings import Settings
from storefront.shelf import Shelf
from web.proxies import Proxies
from web.service import Exceptions, make_service

ROUTERS = (
    browsing_router,
    pictures_router,
    files_router,
    cart_router,
    checkout_router,
    account_router,
    orders_router,
    seller_router,
    desk_router,
)
SMALL_BYTES = 600


def create_app(
    settings: Settings | None = None,
    shop: httpx2.AsyncBaseTransport | None = None,
    serving: httpx2.AsyncBaseTransport | None = None,
    operations: httpx2.AsyncBaseTransport | None = None,
) -> FastAPI:
    """Build the application; `shop`, `serving` and `operations` replace the network in tests."""
    settings = settings or Settings()
    shop_client = make_client(settings.shop_url, shop)
    serving_client = make_client(settings.serving_url, serving)
    operations_client = make_client(settings.operations_url, operations, OPERATIONS_SECONDS)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with shop_client, serving_client, operations_client:
            yield

    app = make_service(
        "storefront",
        "Emporium: the pages",
        settings.log_level,
        {},
        lifespan,
        Exceptions(trusted=Proxies(settings.trusted_proxies)),
    )
    app.add_middleware(GZipMiddleware, minimum_size=SMALL_BYTES, compresslevel=5)
    app.add_middleware(SecurityHeaders, with_stripe=bool(settings.stripe_publishable_key))
    app.state.shop, app.state.serving = shop_client, serving_client
    app.state.operations = operations_client
    app.state.sessions = Sessions(monotonic)
    app.state.stripe_key = settings.stripe_publishable_key
    app.state.shelf = Shelf(Api(shop_client), monotonic)
    app.state.pages = make_pages(
        settings.language,
        settings.currency,
        settings.secret.get_secret_value(),
        lambda: secrets.token_urlsafe(24),
    )
    add_error_pages(app)
    app.router.routes.extend(page_routes())
    return app


@cache
def page_routes() -> tuple[BaseRoute, ...]:
    """Return the routes of all pages, made once in a process: they know nothing of an application."""
    pages = APIRouter()
    for router in ROUTERS:
        pages.include_router(router, include_in_schema=False)
    return tuple(pages.routes)
