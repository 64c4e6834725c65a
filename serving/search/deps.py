"""Wires searching to the version of the index that is current when a request comes."""

import datetime as dt
from typing import Annotated

from fastapi import Depends, Request

from models.search.index import Index
from serving.search.compiling import SearchRules
from serving.search.current import CurrentIndex
from serving.search.opensearch import SearchCluster, WithFallback
from serving.search.rules import SearchRuleBook
from serving.search.service import SearchService


def utc_now() -> dt.datetime:
    """Return the time."""
    return dt.datetime.now(dt.UTC)  # noqa: TID251 - the edge


async def current_index(request: Request) -> Index:
    """Return the current index."""
    current: CurrentIndex = request.app.state.index
    return current.require().value


IndexDep = Annotated[Index, Depends(current_index)]


async def current_rules(request: Request) -> SearchRules:
    """Return the operators' rules in force."""
    book: SearchRuleBook = request.app.state.search_rules
    return book.current


RulesDep = Annotated[SearchRules, Depends(current_rules)]


async def search_service(request: Request, index: IndexDep, rules: RulesDep) -> SearchService:
    """Build the service for one request."""
    cluster: SearchCluster | None = request.app.state.search_cluster
    return SearchService(index, rules, WithFallback(cluster, index) if cluster else index)


SearchServiceDep = Annotated[SearchService, Depends(search_service)]
