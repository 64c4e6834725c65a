"""What stands beside the shop's product route in `bench.catalogue`; each a factory for granian.

PRODUCTS is a file with one product's JSON per line.
"""

import contextlib
import os
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

from fastapi import FastAPI, HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from transactional.catalogue.schemas import ProductView
from web.service import make_service


def create_plain() -> FastAPI:
    """Return plain FastAPI with pydantic models in memory: no store, no limits, no log."""
    app = FastAPI()
    _route(app, _products())
    return app


def create_service() -> FastAPI:
    """Return the same with the limits, metrics and log that every service of ours has."""

    @contextlib.asynccontextmanager
    async def nothing(_: FastAPI) -> AsyncIterator[None]:
        yield

    app = make_service("reference", "Reference", "INFO", {}, nothing)
    _route(app, _products())
    return app


def create_bare() -> ASGIApp:
    """Return what answers everything with the first product's bytes: the server's own cost."""
    body = _lines()[0]
    headers = [
        (b"content-length", str(len(body)).encode()),
        (b"content-type", b"application/json"),
    ]

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            for word in ("startup", "shutdown"):
                await receive()
                await send({"type": f"lifespan.{word}.complete"})
            return
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return app


def _route(app: FastAPI, products: Mapping[int, ProductView]) -> None:
    @app.get("/api/v1/catalogue/products/{product_id}")
    async def read_product(product_id: int) -> ProductView:
        if product_id not in products:
            raise HTTPException(404)
        return products[product_id]


def _products() -> dict[int, ProductView]:
    views = [ProductView.model_validate_json(line) for line in _lines()]
    return {view.product_id: view for view in views}


def _lines() -> list[bytes]:
    return Path(os.environ["PRODUCTS"]).read_bytes().splitlines()  # noqa: TID251 - a bench's own
