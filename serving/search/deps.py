"""Wires searching to the version of the index that is current when a request comes."""

from typing import Annotated

from fastapi import Depends, Request

from models.search.index import Index
from serving.search.current import CurrentIndex
from serving.search.service import SearchService


async def current_index(request: Request) -> Index:
    """Return the current index."""
    current: CurrentIndex = request.app.state.index
    return current.require().value


IndexDep = Annotated[Index, Depends(current_index)]


async def search_service(index: IndexDep) -> SearchService:
    """Build the service for one request."""
    return SearchService(index)


SearchServiceDep = Annotated[SearchService, Depends(search_service)]
