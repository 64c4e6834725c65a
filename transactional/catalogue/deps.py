"""Wires the catalogue to a request."""

from typing import Annotated

from fastapi import Depends, Request

from transactional.catalogue.editors import EditorDep
from transactional.catalogue.repository import CatalogueRepository
from transactional.catalogue.service import CatalogueService
from transactional.catalogue.views import ProductViews
from transactional.deps import SessionDep, new_event_id, utc_now
from transactional.stock.repository import StockRepository


async def catalogue_service(session: SessionDep, editor: EditorDep) -> CatalogueService:
    """Build the service for one request."""
    return CatalogueService(CatalogueRepository(session), editor, utc_now, new_event_id)


CatalogueServiceDep = Annotated[CatalogueService, Depends(catalogue_service)]


async def catalogue(session: SessionDep) -> CatalogueRepository:
    """Return the catalogue, in the request's transaction."""
    return CatalogueRepository(session)


CatalogueDep = Annotated[CatalogueRepository, Depends(catalogue)]


async def product_views(session: SessionDep, request: Request) -> ProductViews:
    """Return what shows products, in the request's transaction."""
    return ProductViews(
        CatalogueRepository(session), StockRepository(session), request.app.state.currency
    )


ProductViewsDep = Annotated[ProductViews, Depends(product_views)]
