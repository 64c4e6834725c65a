"""/products and /categories."""

from collections.abc import Mapping
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Path, Query, Request, Response

from features.schemas.row import Id
from serving.search.deps import DeskDep, MannerDep, SearchServiceDep, TrialDep, TriedServiceDep
from serving.search.recorded import Asked
from serving.search.schemas import (
    Filters,
    Product,
    ProductPage,
    ProductQuery,
    SearchWhy,
    SearchWhyQuery,
    SuggestionPage,
    SuggestionQuery,
)
from serving.search.service import as_search, in_category
from serving.search.trials import tried_page

router = APIRouter(tags=["search"])


@router.get("/products", response_model=ProductPage)
async def search_products(
    request: Request,
    query: Annotated[ProductQuery, Query()],
    service: TriedServiceDep,
    manner: MannerDep,
    trial: TrialDep,
    desk: DeskDep,
) -> Response:
    """Search products by words, filters and order; any text is understood as well as it can be.

    With `personal` what the words find comes in the order that suits what `customer_id` looked at and bought last, or what
    was looked at in `session_id` or by `visitor_id` a moment ago; with `semantic` what is near the query in meaning follows what has some of its words.
    """
    exposing = request.app.state.exposing
    return as_json(await desk.run(tried_page, service, query, manner, trial, exposing))


@router.get("/products/why")
async def explain_product(
    query: Annotated[SearchWhyQuery, Query()],
    service: TriedServiceDep,
    manner: MannerDep,
    desk: DeskDep,
) -> SearchWhy:
    """Return why a product stands where it does in the answer to the same search of /products."""
    return await desk.run(service.why, as_search(query), query.product_id, manner)


@router.get("/suggestions")
async def suggest(
    query: Annotated[SuggestionQuery, Query()], service: SearchServiceDep, desk: DeskDep
) -> SuggestionPage:
    """Suggest how a query may go on, with the categories and products of the likeliest."""
    return await desk.run(service.suggestions, query)


@router.get("/products/{product_id}")
def read_product(product_id: Annotated[Id, Path()], service: SearchServiceDep) -> Product:
    """Return a product as the index has it; the shop's catalogue has today's price and stock."""
    return service.product(product_id)


@router.get("/categories/{category_id}/products", response_model=ProductPage)
async def list_category(
    category_id: Annotated[Id, Path()],
    query: Annotated[Filters, Query()],
    service: SearchServiceDep,
    desk: DeskDep,
) -> Response:
    """List a category's products, by popularity unless sorted otherwise; unknown ones are empty."""
    parameters = {"category": category_id, **query.model_dump(exclude_defaults=True)}
    asked = Asked("category", parameters, query.cursor, query.limit)
    return as_json(await desk.run(service.page, asked, in_category(query, category_id)))


def as_json(page: Mapping[str, Any]) -> Response:
    """Return a page as it is: the framework would make objects of it, which costs as much as a small search."""
    return Response(orjson.dumps(page), media_type="application/json")
