"""Wires searching to the version of the index that is current when a request comes."""

import datetime as dt
from dataclasses import replace
from typing import Annotated

from fastapi import Depends, Query, Request

from models.search.index import Index
from serving.answers.log import AnswerLog, json_text
from serving.experiments.assignment import Identity
from serving.experiments.book import NO_TRIAL, ExperimentBook, Trial
from serving.published import Version
from serving.search.compiling import SearchRules
from serving.search.current import CurrentIndex
from serving.search.opensearch import SearchCluster, WithFallback
from serving.search.personal import Manner, Personal, Searcher, personal
from serving.search.ranker import current_order
from serving.search.rules import SearchRuleBook
from serving.search.service import SearchService
from serving.search.trials import of_asked, ordered_by


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


async def asked_trial(
    request: Request,
    q: Annotated[str, Query()] = "",
    customer_id: Annotated[int | None, Query()] = None,
    visitor_id: Annotated[str | None, Query()] = None,
    session_id: Annotated[str | None, Query()] = None,
) -> Trial:
    """Return what experiments make of the search; a list without words has no order to try."""
    if not q.strip():
        return NO_TRIAL
    book: ExperimentBook = request.app.state.experiments
    return book.trial("search", None, Identity(customer_id, visitor_id, session_id))


TrialDep = Annotated[Trial, Depends(asked_trial)]


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


async def tried_service(
    request: Request, service: SearchServiceDep, trial: TrialDep
) -> SearchService:
    """Return the service with the orders that the arms of whoever asks want."""
    if not trial.assigned:
        return service
    order, beside = ordered_by(trial, request.app.state.search_order)
    answers = replace(service.answers, also={"experiments": json_text(trial.told())})
    return replace(service, order=order, beside=beside, answers=answers)


TriedServiceDep = Annotated[SearchService, Depends(tried_service)]


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
    trial: TrialDep,
    searcher: SearcherDep,
    personal_: Annotated[bool, Query(alias="personal")] = False,  # noqa: FBT002 - a query parameter
    semantic: Annotated[bool, Query()] = False,  # noqa: FBT002 - a query parameter
) -> Manner:
    """Return how the search is to be done."""
    wanted = personal_ if trial.way.personal is None else trial.way.personal
    whose: Personal | None = None
    if wanted and searcher.names:
        whose = await personal(request.app.state.features, searcher)
    return of_asked(Manner(whose, semantic), searcher if personal_ and searcher.names else None)


MannerDep = Annotated[Manner, Depends(asked_manner)]
