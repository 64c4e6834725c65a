"""The process of the operations API.

granian --interface asgi --factory operations.app:create_app
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2
from fastapi import FastAPI

from operations.airflow import Airflow
from operations.dags_router import router as dags_router
from operations.health_router import router as health_router
from operations.mails_router import router as mails_router
from operations.models_router import router as models_router
from operations.models_router import warm_up
from operations.quality_router import router as quality_router
from operations.reports_router import router as reports_router
from operations.settings import Settings
from web.proxies import Proxies
from web.service import Exceptions, make_service

ROUTERS = (
    models_router,
    dags_router,
    quality_router,
    reports_router,
    health_router,
    mails_router,
)
SECONDS = httpx2.Timeout(8.0, connect=1.0)


def create_app(
    settings: Settings | None = None, network: httpx2.AsyncBaseTransport | None = None
) -> FastAPI:
    """Build the application; `network` replaces Airflow, the inbox and all probes in tests."""
    settings = settings or Settings()
    client = httpx2.AsyncClient(transport=network, timeout=SECONDS, trust_env=False)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with client:
            warming = asyncio.create_task(warm_up(settings))
            yield
            warming.cancel()

    app = make_service(
        "operations",
        "Emporium: operations",
        settings.log_level,
        {},
        lifespan,
        Exceptions(trusted=Proxies(settings.trusted_proxies)),
    )
    app.state.settings, app.state.client = settings, client
    app.state.token_secret = settings.token_secret.get_secret_value()
    app.state.airflow = Airflow(client, settings.airflow_url)
    for router in ROUTERS:
        app.include_router(router, prefix="/api/v1/operations")
    return app
