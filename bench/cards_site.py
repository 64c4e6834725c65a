"""The shop's pages for a bench: over lists that are made up, and with cards that are asked for one by one."""

import asyncio
from dataclasses import dataclass
from time import monotonic
from typing import Any

from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from bench.checkout_site import N_PRODUCTS
from storefront.apis import Api, Params, RefusedError
from storefront.app import create_app
from storefront.shelf import Shelf

KINDS = {"similar": 1, "also_bought": 101, "bought_together": 201}
"""What a product's page asks for, and how far from its own id what is recommended begins."""


def create_serving() -> Starlette:
    """Build what recommends to each product the same others in each list."""

    async def recommend(request: Request) -> JSONResponse:
        asked = request.query_params
        begin = int(asked["product_id"]) + KINDS[asked["type"]]
        ids = [(begin + n) % N_PRODUCTS + 1 for n in range(int(asked["limit"]))]
        why = {"reason": "Similar", "source": "similar", "because_product_id": None}
        items = [{"product_id": each, **why} for each in ids]
        bundle = {"product_ids": ids} if asked["type"] == "bought_together" else None
        return JSONResponse({"items": items, "bundle": bundle, "answer_id": "a"})

    return Starlette(routes=[Route("/api/v1/recommendations", recommend)])


def create_one_by_one() -> FastAPI:
    """Build the pages, but for the cards of their lists: each is a request."""
    app = create_app()
    app.state.shelf = Shelf(OneByOne(app.state.shop), monotonic)
    return app


@dataclass(frozen=True)
class OneByOne(Api):
    """Asks for each of several products alone."""

    async def get(self, path: str, params: Params = ()) -> Any:  # noqa: ANN401 - JSON
        """Return what is at a path; of several products, what each of them answered."""
        if not path.endswith("/by-ids"):
            return await super().get(path, params)
        ids = str(dict(params)["product_ids"]).split(",")
        found = await asyncio.gather(*(self._one(each) for each in ids))
        return {"products": [each for each in found if each is not None], "unread_ids": []}

    async def _one(self, product_id: str) -> Any:  # noqa: ANN401 - JSON
        try:
            return await super().get(f"/catalogue/products/{product_id}")
        except RefusedError:
            return None
