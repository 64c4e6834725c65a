"""/catalogue: anyone reads products, sellers and operators list and change them."""

import datetime as dt
from typing import Annotated

from fastapi import APIRouter, Query, Response

from features.schemas.row import Id
from transactional.callers import TOKEN_IS_OPTIONAL, VisitorDep
from transactional.catalogue.cache.answers import OWN
from transactional.catalogue.cache.deps import UNCHANGED, PublicPagesDep
from transactional.catalogue.cache.pages import etag_of
from transactional.catalogue.deps import CatalogueDep, CatalogueServiceDep, ProductViewsDep
from transactional.catalogue.editors import EditorDep, Onlooker, OnlookerDep
from transactional.catalogue.models import Product
from transactional.catalogue.public import (
    after_of,
    listing_address,
    listing_fill,
    listing_page,
    places_address,
    places_fill,
    product_address,
    product_fill,
    products_fill,
)
from transactional.catalogue.repository import CatalogueRepository, Filter
from transactional.catalogue.schemas import (
    GroupPage,
    GroupView,
    ListingPage,
    NewGroup,
    NewProduct,
    PricePage,
    PriceView,
    ProductChange,
    ProductPlaces,
    Products,
    ProductView,
)
from transactional.catalogue.states import Status
from transactional.errors import UnknownProductProblem
from transactional.fields import IfProductMatches, ProductId, ProductIds, ids_of, version_of
from web import cursors
from web.shortcuts import JSON

router = APIRouter(prefix="/catalogue", tags=["catalogue"])
Limit = Annotated[int, Query(ge=1, le=100)]
Cursor = Annotated[str | None, Query(max_length=200)]


@router.get("/products", response_model=ListingPage, responses=UNCHANGED)
async def list_products(
    pages: PublicPagesDep,
    category_id: Annotated[Id | None, Query(description="with all below it")] = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Response:
    """Return what is published, by id."""
    which = Filter("published", category_id=category_id)
    after = after_of(which, cursor)
    fill = listing_fill(which, limit, after, pages.currency)
    return await pages.answer(listing_address(category_id, limit, after), fill)


@router.get("/products/by-ids", response_model=Products, responses=UNCHANGED)
async def read_products(
    pages: PublicPagesDep,
    product_ids: Annotated[ProductIds, Query(description="of at most 100 products")],
) -> Response:
    """Return several products as anybody sees each of them alone, in the order of their ids here."""
    addresses = [product_address(each) for each in dict.fromkeys(ids_of(product_ids))]
    return await pages.answer_together(addresses, products_fill(pages.currency))


@router.get("/listings")
async def list_own(
    editor: EditorDep,
    views: ProductViewsDep,
    status: Status | None = None,
    seller_id: Annotated[Id | None, Query(description="for operators")] = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> ListingPage:
    """Return a seller's own listings, drafts too, by id; an operator sees everybody's."""
    which = Filter(status, editor.seller_for(seller_id))
    found = await views.catalogue.listed(which, after_of(which, cursor), limit + 1)
    return listing_page(found, which, limit, views.currency)


@router.post("/products", status_code=201, response_model=ProductView)
async def create_product(
    body: NewProduct, service: CatalogueServiceDep, views: ProductViewsDep
) -> Response:
    """List a product, as a draft that only its seller and operators see."""
    product = await service.create(body.values(), body.seller_id)
    return _own(await views.of(product), 201)


@router.get(
    "/products/{product_id}",
    response_model=ProductView,
    responses=UNCHANGED,
    openapi_extra=TOKEN_IS_OPTIONAL,
)
async def read_product(
    product_id: ProductId,
    pages: PublicPagesDep,
    visitor: VisitorDep,
    views: ProductViewsDep,
    onlooker: OnlookerDep,
) -> Response:
    """Return a product with its price and the units that can be sold now.

    What somebody else changed is seen within a second; sellers and operators see all as it is now,
    and their drafts.
    """
    if visitor is None or visitor.role == "shopper":
        try:
            fill = product_fill(product_id, pages.currency)
            return await pages.answer(product_address(product_id), fill)
        except UnknownProductProblem:
            if visitor is None:  # else they may have become a seller since they logged in
                raise
    product = await _visible(product_id, views.catalogue, onlooker)
    return _own(await views.of(product))


@router.patch("/products/{product_id}", response_model=ProductView)
async def change_product(
    product_id: ProductId,
    body: ProductChange,
    service: CatalogueServiceDep,
    views: ProductViewsDep,
    if_match: IfProductMatches = None,
) -> Response:
    """Change a product, publish it, archive it, or sell it again.

    With `If-Match`, refused if it was changed since that version was read.
    """
    product = await service.change(product_id, body.values(), version_of(if_match))
    return _own(await views.of(product))


@router.delete("/products/{product_id}", status_code=204)
async def delete_product(
    product_id: ProductId, service: CatalogueServiceDep, if_match: IfProductMatches = None
) -> None:
    """Delete a draft; what was ever published is archived instead."""
    await service.delete(product_id, version_of(if_match))


@router.get("/products/{product_id}/places", response_model=ProductPlaces, responses=UNCHANGED)
async def read_places(product_id: ProductId, pages: PublicPagesDep) -> Response:
    """Return in which warehouses a published product lies, and how much can be sold there."""
    return await pages.answer(places_address(product_id), places_fill(product_id))


@router.get("/products/{product_id}/prices", openapi_extra=TOKEN_IS_OPTIONAL)
async def read_prices(
    product_id: ProductId,
    views: ProductViewsDep,
    onlooker: OnlookerDep,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> PricePage:
    """Return what a product cost since when, newest first."""
    await _visible(product_id, views.catalogue, onlooker)
    listing = f"prices of {product_id}"
    found = await views.catalogue.prices(product_id, _before(cursor, listing), limit + 1)
    page = found[:limit]
    last = page[-1] if len(found) > limit else None
    place = (last.changed_at.isoformat(), last.entry_id) if last else ()
    more = cursors.encode(place, listing) if last else None
    prices = [PriceView.model_validate(each, from_attributes=True) for each in page]
    return PricePage(prices=prices, currency=views.currency, next_cursor=more)


def _before(cursor: str | None, listing: str) -> tuple[dt.datetime, int] | None:
    if cursor is None:
        return None
    return cursors.decode(cursor, listing, cursors.MOMENT_AND_ID)


@router.post("/groups", status_code=201)
async def create_group(body: NewGroup, service: CatalogueServiceDep) -> GroupView:
    """Make a group of variants; products join it by their `group_id`."""
    group = await service.create_group(body.title, body.axes, body.seller_id)
    return GroupView.model_validate(group, from_attributes=True)


@router.get("/groups")
async def list_groups(
    editor: EditorDep, catalogue: CatalogueDep, limit: Limit = 20, cursor: Cursor = None
) -> GroupPage:
    """Return a seller's own groups of variants, by id; an operator sees everybody's."""
    listing = f"groups of {editor.seller_id}"
    after = cursors.decode(cursor, listing, cursors.ONE_ID)[0] if cursor else 0
    found = await catalogue.groups(editor.seller_id, after, limit + 1)
    page = [GroupView.model_validate(each, from_attributes=True) for each in found[:limit]]
    more = cursors.encode([page[-1].group_id], listing) if len(found) > limit else None
    return GroupPage(groups=page, next_cursor=more)


async def _visible(product_id: int, catalogue: CatalogueRepository, onlooker: Onlooker) -> Product:
    product = await catalogue.product(product_id)
    if product is None or (
        product.status == "draft" and not await onlooker.may_see_draft(product.seller_id)
    ):
        raise UnknownProductProblem(product_id)
    return product


def _own(view: ProductView, status: int = 200) -> Response:
    """Answer who changes products: as it is now, kept by no cache."""
    body = view.model_dump_json().encode()
    headers = {**OWN, "ETag": etag_of(body, view.version)}
    return Response(body, status, headers=headers, media_type=JSON)
