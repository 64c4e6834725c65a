"""Wires searching to the version of the index that is current when a request comes."""

import datetime as dt
from typing import Annotated

from fastapi import Depends, Query, Request

from models.search.index import Index
from serving.answers.log import AnswerLog
from serving.published import Version
from serving.search.compiling import SearchRules
from serving.search.current import CurrentIndex
from serving.search.opensearch import SearchCluster, WithFallback
from serving.search.personal import Manner, personal
from serving.search.ranker import current_order
from serving.search.rules import SearchRuleBook
from serving.search.service import SearchService


def utc_now() -> dt.datetime:
    """Return the time."""
    return dt.datetime.now(dt.UTC)  # noqa: TID251 - the edge


async def current_index(request: Request) -> Version[Index]:
    """Return the current index."""
    current: CurrentIndex = request.app.state.index
    return current.require()


IndexDep = Annotated[Version[Index], Depends(current_index)]


async def current_rules(request: Request) -> SearchRules:
    """Return the operators' rules in force."""
    book: SearchRuleBook = request.app.state.search_rules
    return book.current


RulesDep = Annotated[SearchRules, Depends(current_rules)]


async def search_service(request: Request, index: IndexDep, rules: RulesDep) -> SearchService:
    """Build the service for one request."""
    cluster: SearchCluster | None = request.app.state.search_cluster
    return SearchService(
        index=index.value,
        rules=rules,
        searched=WithFallback(cluster, index.value) if cluster else index.value,
        order=current_order(request.app.state.search_order),
        answers=AnswerLog(request.app.state.recorder.record, index.name),
        now=utc_now(),
    )


SearchServiceDep = Annotated[SearchService, Depends(search_service)]


async def asked_manner(
    request: Request,
    personal_: Annotated[bool, Query(alias="personal")] = False,  # noqa: FBT002 - a query parameter
    customer_id: Annotated[int | None, Query()] = None,
    semantic: Annotated[bool, Query()] = False,  # noqa: FBT002 - a query parameter
) -> Manner:
    """Return how the search is to be done."""
    if not personal_ or customer_id is None:
        return Manner(semantic=semantic)
    return Manner(await personal(request.app.state.features, customer_id), semantic)


MannerDep = Annotated[Manner, Depends(asked_manner)]
