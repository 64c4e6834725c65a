"""Pages of a small shop beside the endpoint that takes their events."""

from fastapi import FastAPI, Response
from fastapi.responses import HTMLResponse

from bench.events_reference import create_door

SCRIPT = (
    '<script src="/api/v1/events/emporium.js" data-customer="7" data-consent="{consent}"></script>'
)
LIST = """
<div data-surface="for_you" data-slot="home" data-answer="answer-1">
  <p><a href="/product" data-product="1" data-position="1" data-price="1999">One</a></p>
  <p><a href="/product" data-product="2" data-position="2">Two</a></p>
  <p style="margin-top: 3000px"><a id="low" href="/product" data-product="3" data-position="3">Three</a></p>
</div>
"""
PRODUCT = "<h1>Two</h1><script>emporium.view(2); emporium.cart(9)</script>"


def create_app() -> FastAPI:
    """Return the shop."""
    app = create_door()

    @app.get("/list")
    async def show_list(consent: str = "no") -> Response:
        return _page(SCRIPT.format(consent=consent) + LIST)

    @app.get("/product")
    async def show_product() -> Response:
        return _page(SCRIPT.format(consent="yes") + PRODUCT)

    return app


def _page(body: str) -> HTMLResponse:
    return HTMLResponse(f"<!doctype html><title>Shop</title>{body}")
