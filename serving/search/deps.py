"""Wires searching to the version of the index that is current when a request comes."""

import datetime as dt
from typing import Annotated

from fastapi import Depends, Query, Request

from models.search.index import Index
from serving.search.compiling import SearchRules
from serving.search.current import CurrentIndex
from serving.search.opensearch import SearchCluster, WithFallback
from serving.search.personal import Manner, Searcher, personal
from serving.search.ranker import current_order
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
    searched = WithFallback(cluster, index) if cluster else index
    return SearchService(index, rules, searched, current_order(request.app.state.search_order))


SearchServiceDep = Annotated[SearchService, Depends(search_service)]


async def asked_searcher(
    customer_id: Annotated[int | None, Query()] = None,
    session_id: Annotated[str | None, Query(min_length=1, max_length=80)] = None,
    visitor_id: Annotated[str | None, Query(min_length=1, max_length=80)] = None,
) -> Searcher:
    """Return who searches."""
    return Searcher(session_id, visitor_id, customer_id)


SearcherDep = Annotated[Searcher, Depends(asked_searcher)]


async def asked_manner(
    request: Request,
    searcher: SearcherDep,
    personal_: Annotated[bool, Query(alias="personal")] = False,  # noqa: FBT002 - a query parameter
    semantic: Annotated[bool, Query()] = False,  # noqa: FBT002 - a query parameter
) -> Manner:
    """Return how the search is to be done."""
    if not personal_ or not searcher.names:
        return Manner(semantic=semantic)
    return Manner(await personal(request.app.state.features, searcher), semantic)


MannerDep = Annotated[Manner, Depends(asked_manner)]
