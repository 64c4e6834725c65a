"""Wires the catalogue to a request."""

from typing import Annotated

from fastapi import Depends

from transactional.catalogue.repository import CatalogueRepository
from transactional.catalogue.service import CatalogueService
from transactional.deps import SessionDep, new_event_id, utc_now


async def catalogue_service(session: SessionDep) -> CatalogueService:
    """Build the service for one request."""
    return CatalogueService(CatalogueRepository(session), utc_now, new_event_id)


CatalogueServiceDep = Annotated[CatalogueService, Depends(catalogue_service)]
